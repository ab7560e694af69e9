"""Runs the project's command lines as a user does: in a process of their own."""

import atexit
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.nursery import DRAWS_NOTHING

_NOT_INHERITED = ("FFNN_LAB", "HYDRA", "WANDB")
"""Prefixes of environment variables that this process has and a user's process would not have.

W&B's variables name a service that W&B started in this process.
"""
MOST_SECONDS = 300
"""Time after which a command line counts as hanging."""


def users_environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what a user's lacks, and with ``more``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}
    return {**kept, **more}


@dataclass(frozen=True)
class Said:
    """The exit code and the output of a command line that ended."""

    exit_code: int
    out: str
    error: str


def run_module(
    module: str,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Said:
    """Run ``python -m module arguments`` in ``folder``, where its outputs go too."""
    return run_python(["-m", module, *arguments], folder, environment)


def run_python(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Said:
    """Run ``python arguments`` in ``folder``."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=users_environment(**(environment or {})),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def run_lab(folder: Path, *arguments: str, **environment: str) -> Said:
    """Run ``python -m ffnn_lab.run``."""
    return run_module("ffnn_lab.run", arguments, folder, environment)


def run_lab_forked(folder: Path, *arguments: str, **environment: str) -> Said:
    """Run the lab's command line in a fork of a process that has imported it.

    The fork saves the five seconds of imports. Figures are empty files, which saves three more
    seconds. Everything else is as with ``run_lab``.
    """
    return _nursery().run(folder, arguments, _environment(environment, draws=False))


def run_lab_drawing(folder: Path, *arguments: str) -> Said:
    """Run the lab's command line as ``run_lab_forked`` does, but draw its figures."""
    return _nursery().run(folder, arguments, _environment({}, draws=True))


def start_lab_forked(
    folder: Path,
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    error: Path | None = None,
) -> "Forked":
    """Start ``python -m ffnn_lab.run`` as a fork with a session of its own, without figures.

    Args:
        folder: The working directory of the process.
        arguments: The arguments of the command line.
        log: File to which the process appends its standard output.
        environment: Environment variables in addition to a user's.
        error: File to which the process appends its standard error; by default ``log``.
    """
    variables = _environment(environment or {}, draws=False)
    return _nursery().start(folder, arguments, (log, error or log), variables)


def _environment(more: Mapping[str, str], *, draws: bool) -> dict[str, str]:
    return users_environment(**more, **({} if draws else {DRAWS_NOTHING: "1"}))


class Forked:
    """A process that the nursery started; it has some of the methods of ``subprocess.Popen``."""

    def __init__(self, pid: int, ended: Path) -> None:
        self.pid = pid
        self._ended = ended

    def poll(self) -> int | None:
        """Return the exit code, None before the end."""
        return int(self._ended.read_text()) if self._ended.exists() else None

    def wait(self, timeout: float = MOST_SECONDS) -> int:
        """Wait for the end of the process, and return its exit code.

        Raises:
            subprocess.TimeoutExpired: If the process takes longer than ``timeout`` seconds.
        """
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                command = "ffnn_lab.run"
                raise subprocess.TimeoutExpired(command, timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send the process a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class _Nursery:
    """A process that has imported the lab, and forks for each command line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("nursery.py")],
            env=users_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ended = tempfile.TemporaryDirectory()
        self._n_started = 0
        atexit.register(self._end)

    def _ask(self, **request: object) -> int:
        """Send a request, and return the number that answers it: an exit code or a process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**request, "most_seconds": MOST_SECONDS}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def run(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Said:
        """Run one command line to its end."""
        with tempfile.TemporaryDirectory() as said:
            out, error = Path(said, "out"), Path(said, "error")
            out.touch()
            error.touch()
            exit_code = self._ask(
                folder=str(folder),
                arguments=arguments,
                environment=dict(environment),
                out=str(out),
                error=str(error),
            )
            return Said(exit_code, out.read_text(), error.read_text())

    def start(
        self,
        folder: Path,
        arguments: Sequence[str],
        logs: tuple[Path, Path],
        environment: Mapping[str, str],
    ) -> Forked:
        """Start one command line."""
        for log in logs:
            log.touch()
        self._n_started += 1
        ended = Path(self._ended.name, str(self._n_started))
        pid = self._ask(
            folder=str(folder),
            arguments=arguments,
            environment=dict(environment),
            out=str(logs[0]),
            error=str(logs[1]),
            ended=str(ended),
        )
        return Forked(pid, ended)

    def _end(self) -> None:
        self._process.communicate()
        self._ended.cleanup()


@functools.cache
def _nursery() -> _Nursery:
    return _Nursery()
