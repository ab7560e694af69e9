"""The tracking process from outside: start ``ffnn_lab.mirror``, send messages, read answers."""

import configparser
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ffnn_lab import mirror

MAX_BEHIND = 10_000
"""Largest number of messages that may wait for the tracking process. A message has an epoch of a
population, some 20 kB for 64 members."""
PATIENCE_SECONDS = 60.0
"""Seconds that the tracking process may give no sign of life while another process waits for it.
The tracking process itself waits for a server for at most `mirror.ANSWER_SECONDS` at a time."""
GRACE_SECONDS = 2.0
"""Seconds that the tracking process may take to end by itself after a failure."""
POLL_SECONDS = 0.5
"""Seconds between two checks whether the tracking process has ended."""
NOWHERE = "/dev/null"
"""Value of ``WANDB_CONFIG_DIR``: a path under which W&B finds no settings file."""

_SYSTEM = """
    PATH HOME USER LOGNAME LANG LANGUAGE TZ TMPDIR TEMP TMP LD_LIBRARY_PATH DYLD_LIBRARY_PATH
    NETRC SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
""".split()  # noqa: SIM905 - a table
_SYSTEM_BEGINNINGS = ("FFNN_LAB", "LC_", "XDG_", "PYTHON")
_REACH = """
    API_KEY BASE_URL APP_URL IDENTITY_TOKEN_FILE CREDENTIALS_FILE INSECURE_DISABLE_SSL HTTP_PROXY
    HTTPS_PROXY _EXTRA_HTTP_HEADERS _PROXIES CACHE_DIR DATA_DIR
""".split()  # noqa: SIM905 - a table
"""W&B's own variables (without ``WANDB_``) that say how to reach a server, and where W&B keeps its
files on this machine. W&B's other variables could change ids, or what is recorded."""
_PLACES = """
    NETRC SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
    WANDB_IDENTITY_TOKEN_FILE WANDB_CREDENTIALS_FILE
""".split()  # noqa: SIM905 - a table
"""Environment variables that name a file or a folder. Their paths are made absolute, since the
tracking process changes its working directory."""
_OURS = {
    # A telemetry thread of W&B would look up hosts even offline.
    "WANDB_ERROR_REPORTING": "false",
    # Amazon's trainer would choose the runs' ids.
    "WANDB_SAGEMAKER_DISABLE": "true",
    "WANDB_CONFIG_DIR": NOWHERE,
}


def clean_environment(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of the tracking process: only variables of an explicit list.

    W&B reads its settings from environment variables, from a file in the user's configuration and
    from a file in the working directory. Of all these settings, only those that say how to reach a
    server are kept.

    Args:
        environment: The variables of this process.
        folder: The working directory of this process.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if name in _SYSTEM
        or name.startswith(_SYSTEM_BEGINNINGS)
        or (name.startswith("WANDB_") and name.removeprefix("WANDB_") in _REACH)
    }
    configured = environment.get("WANDB_CONFIG_DIR", "~/.config/wandb")
    for place in (folder / "wandb", configured):
        for key, value in _settings_file(Path(place, "settings")).items():
            if key.upper() in _REACH:
                kept.setdefault(f"WANDB_{key.upper()}", value)
    for name in kept.keys() & set(_PLACES):
        if not kept[name].startswith("~"):
            kept[name] = str(Path(folder, kept[name]))
    return {**kept, **_OURS}


def server_address() -> str:
    """Return the address of the W&B server; empty for W&B's own server."""
    return clean_environment(os.environ, Path.cwd()).get("WANDB_BASE_URL", "")


def _settings_file(path: Path) -> dict[str, str]:
    """Read a settings file of W&B; the result is empty if the file is missing or damaged."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path.expanduser())
        return dict(parser.items("default"))
    except (OSError, RuntimeError, UnicodeError, configparser.Error):
        return {}


class MirrorProcess:
    """The tracking process and the threads that write to it and read from it; only `end` waits."""

    def __init__(self, *, mode: str, folder: Path, is_alone: bool = False) -> None:
        """Start the process.

        Args:
            mode: ``online`` or ``offline``.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            is_alone: True to let no other process write W&B runs into the folder meanwhile.
        """
        self.failure: str | None = None
        """The reason why the process failed; None as long as it has not failed."""
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._is_ending = False
        self._heard = time.monotonic()
        environment = clean_environment(os.environ, Path.cwd())
        # A process group of its own: a terminal's Ctrl-C must not interrupt its imports.
        self._process = subprocess.Popen(  # noqa: S603 - this Python, our own file
            [sys.executable, "-P", mirror.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            env=environment,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        threading.Thread(target=self._feed, daemon=True).start()
        self.hand(
            {
                "mode": mode,
                "folder": str(folder.resolve()),
                "server": environment.get("WANDB_BASE_URL", ""),
                "is_alone": is_alone,
                "answer_seconds": mirror.ANSWER_SECONDS,
                "parent": os.getpid(),
            }
        )

    def hand(self, message: object) -> None:
        """Queue a message for the tracking process.

        Args:
            message: Data that JSON can hold.

        Raises:
            BufferError: If `MAX_BEHIND` messages are waiting.
        """
        if self._waiting.qsize() >= MAX_BEHIND:
            msg = f"W&B is {MAX_BEHIND} epochs behind"
            raise BufferError(msg)
        self._waiting.put(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def done(self) -> list[str]:
        """Return the ids of the runs that W&B has received since the last call."""
        return [self._done.get() for _ in range(self._done.qsize())]

    def check_silence(self) -> None:
        """Set `failure` if the process gave no sign of life for `PATIENCE_SECONDS`."""
        if self.failure is None and time.monotonic() - self._heard > PATIENCE_SECONDS:
            self.failure = f"no sign of life for {PATIENCE_SECONDS:g} s"

    def end(self, look: Callable[[], object]) -> None:
        """Wait until all messages are handled and the process has ended; a failure sets `failure`.

        Args:
            look: Called every half second of the wait.
        """
        self._is_ending = True
        self._waiting.put(None)
        self._heard = time.monotonic()
        while self._listener.is_alive():
            self._listener.join(timeout=POLL_SECONDS)
            look()
            self.check_silence()
            if self.failure is not None:
                break
        try:
            # After a failure W&B writes what else it has as it ends, or waits for a server.
            exit_code = self._process.wait(
                PATIENCE_SECONDS if self.failure is None else GRACE_SECONDS
            )
        except subprocess.TimeoutExpired:  # W&B may wait for its service as it ends
            self.kill()
            exit_code = self._process.wait()
        if exit_code != 0 and self.failure is None:
            self.failure = f"the tracking process ended with exit code {exit_code}"

    def kill(self) -> None:
        """End the process at once; W&B's own process ends with it."""
        self._is_ending = True
        self._waiting.put(None)
        self._process.kill()
        self._process.wait()

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - it was asked for
        try:
            with pipe:
                while (line := self._waiting.get()) is not None:
                    pipe.write(line)
                    pipe.flush()
        except OSError:
            pass  # the process has ended, which the listener notices

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        with pipe:
            for line in pipe:
                self._heard = time.monotonic()
                kind, _, rest = line.decode(errors="replace").strip().partition(" ")
                if kind == "done":
                    self._done.put(rest)
                elif kind == "failed":
                    self.failure = self.failure or rest
        if not self._is_ending and self.failure is None:
            self.failure = "the tracking process is dead"
