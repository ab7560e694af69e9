"""The tracking process: the only process that uses W&B. It writes runs that another process sends.

``ffnn_lab.mirror_process`` runs this file, which imports nothing of the lab, so that the process
starts fast and takes little memory. Each line of the input is a message in JSON; at the end of the
input the process closes all open runs and ends. The answers are lines, too: ``.`` is a sign of
life, ``done RUN_ID`` means that W&B has the run, and ``failed REASON`` is the last line.
"""

import fcntl
import json
import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb

SIGN_SECONDS = 1.0
"""Seconds between two signs of life."""
ORPHAN_SECONDS = 30.0
"""Seconds that W&B may take to close open runs once the training process is dead."""
ANSWER_SECONDS = 30.0
"""Seconds that a W&B server may take to open a run, and to accept the last rows of a run."""
EXIT_CUT_OFF = 255
"""Exit code of a W&B run whose training was stopped or killed; W&B shows it as killed."""
LEDGER = "delivered.jsonl"
"""The file in ``wandb/``, called the ledger, that has a line of JSON for each run that W&B has."""
LOCK = ".lock"
"""The file in ``wandb/`` that every process locks while it writes there."""
UPLOAD_ENDED = "Fatal error while uploading"
"""Text that W&B prints if a server refuses rows for good, which no call of W&B raises as an
error."""
NO_REASON = "<no message>"
"""W&B's text for a server's refusal that gives no reason."""
CAUSES = (
    ("No API key", "there is no API key: set WANDB_API_KEY, or run `wandb login`"),
    ("error 401", "the server does not know the API key"),
    ("error 403", "the API key may not write to the project"),
    ("connection refused", "the server cannot be reached: connection refused"),
    ("no such host", "the server cannot be reached: no such host"),
    ("HTTP 5", "the server reports an internal error"),
    ("context deadline exceeded", "the server did not answer in time"),
    ("Timed out", "the server did not answer in time"),
)
"""Pairs of words in W&B's messages and a message for the user; the first pair that fits counts."""


class BusyError(Exception):
    """Raised if another process writes W&B runs into the folder."""


class Ear:
    """A replacement for standard error that notices when W&B stops uploading."""

    def __init__(self) -> None:
        """Create the stream; no failed upload has been noticed yet."""
        self.has_heard = False
        self._tail = ""

    def write(self, text: str) -> int:
        """Search ``text`` for the message of a failed upload, which W&B may print in pieces."""
        self._tail = (self._tail + text)[-1000:]
        self.has_heard = self.has_heard or UPLOAD_ENDED in self._tail
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def isatty(self) -> bool:
        """Return False: the text goes to no terminal."""
        return False


class Mirror:
    """Writes W&B runs, of which several may be open at a time."""

    def __init__(
        self,
        *,
        mode: str,
        folder: str,
        server: str,
        is_alone: bool,
        answer_seconds: float,
        answer: Callable[[str], None],
        sign: Callable[[], None],
        ear: Ear,
    ) -> None:
        """Lock the folder for W&B runs; each W&B run is opened by the first message about it.

        Args:
            mode: ``online`` or ``offline``.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            server: The address of the server, for the ledger.
            is_alone: True to let no other process write W&B runs into the folder meanwhile.
            answer_seconds: Seconds that a server may take to answer, see `ANSWER_SECONDS`.
            answer: Called with each line of the answer.
            sign: Called after each run that was written, to give a sign of life.
            ear: The stream to which W&B prints.

        Raises:
            BusyError: If ``is_alone`` is True, and another process has the lock.
        """
        self._mode = mode
        self._folder = Path(folder)
        self._server = server
        self._answer_seconds = answer_seconds
        self._answer = answer
        self._sign = sign
        self._ear = ear
        self._runs: dict[str, wandb.Run] = {}
        self._files = self._folder / "wandb"
        self._files.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(self._files / LOCK, is_alone=is_alone, sign=sign)

    def log(self, rows: Iterable[Any]) -> None:
        """Write new points of runs.

        Args:
            rows: For each run: its id; the arguments with which W&B opens it if it is new, or else
                None; and its new points, each a step and values by name.
        """
        for run_id, opening, points in rows:
            if opening is not None:
                self._runs[run_id] = self._open(opening)
            run = self._runs[run_id]
            for step, values in points:
                # A server that already has rows of this run has all of them before this step.
                if step >= run.starting_step:
                    run.log(values, step=step)
            self._check_upload()
            self._sign()

    def finish(self, ends: Iterable[Any]) -> None:
        """Write the summaries of runs, close the runs, and record in the ledger that W&B has them.

        Args:
            ends: For each run its id, exit code, summary, and entry for the ledger.
        """
        for run_id, exit_code, summary, receipt in ends:
            run = self._runs.pop(run_id)
            run.summary.update(summary)
            self._close(run, exit_code)
            self._tidy(run)
            self._note(run, receipt)
            self._answer(f"done {run_id}")

    def close(self) -> None:
        """Close the runs that are still open: their training was cut off."""
        import wandb  # noqa: PLC0415 - see _open

        for run in self._runs.values():
            self._close(run, EXIT_CUT_OFF)
            self._sign()
        wandb.teardown()

    def _close(self, run: "wandb.Run", exit_code: int) -> None:
        try:
            run.finish(exit_code=exit_code)
        except TimeoutError:
            msg = f"the server did not take a run's rows within {self._answer_seconds:g} s"
            raise TimeoutError(msg) from None
        self._check_upload()

    def _open(self, opening: dict[str, Any]) -> "wandb.Run":
        import wandb  # noqa: PLC0415 - the process that starts this one reads this module, too

        is_online = self._mode == "online"
        return wandb.init(
            mode="online" if is_online else "offline",
            dir=self._folder,
            reinit="create_new",
            # A run that the server has in part, or whole, gets the rows that it lacks.
            resume="allow" if is_online else None,
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_git=True,
                save_code=False,
                disable_code=True,
                disable_job_creation=True,
                x_disable_stats=True,
                x_disable_meta=True,
                x_save_requirements=False,
                init_timeout=self._answer_seconds,
                finish_timeout=self._answer_seconds if is_online else 0,
                finish_timeout_raises=True,
            ),
            **opening,
        )

    def _check_upload(self) -> None:
        if self._ear.has_heard and self._mode == "online":
            msg = "the server refused rows of a run"
            raise ConnectionRefusedError(msg)

    def _tidy(self, run: "wandb.Run") -> None:
        """Remove a run's other folders, so that only the folder with the whole run is left.

        ``wandb sync`` sends all folders of a run one after the other, as if each continued the one
        before. Folders with a part of the run are removed; the folder of an offline run that has
        now been sent stays, with W&B's own mark for runs that have been sent.
        """
        own = Path(run.settings.sync_dir)
        # W&B appends a number if there is a folder of the same second.
        form = re.compile(rf"(offline-)?run-\d{{8}}_\d{{6}}-{re.escape(run.id)}(-\d{{1,2}})?")
        for other in list(self._files.iterdir()):
            if other.name == own.name or not form.fullmatch(other.name):
                continue
            if self._mode == "online" and other.name.startswith("offline-"):
                (other / f"run-{run.id}.wandb.synced").touch()
            else:
                shutil.rmtree(other, ignore_errors=True)

    def _note(self, run: "wandb.Run", receipt: dict[str, Any]) -> None:
        """Append one line of JSON to the ledger, which records that W&B now has a run.

        A line break comes before the line, so that a line before it that a crash cut off spoils
        nothing but itself.

        Args:
            run: The run, already closed.
            receipt: The lab's own keys of the line, see ``wandb_runs.receipt``; the mode, W&B's
                id and folder of the run, and the server's address are added.
        """
        line = {
            **receipt,
            "mode": self._mode,
            "id": run.id,
            "folder": Path(run.settings.sync_dir).name,
            "server": self._server,
        }
        number = os.open(self._files / LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(number, b"\n" + json.dumps(line).encode())
        finally:
            os.close(number)


def _locked(path: Path, *, is_alone: bool, sign: Callable[[], None]) -> int:
    """Lock a file, and return its descriptor; without ``is_alone`` wait until it can be locked.

    Args:
        path: Path of the file, which is made if need be.
        is_alone: True for an exclusive lock, False for a lock that several processes may share.
        sign: Called while this waits, to give a sign of life.

    Raises:
        BusyError: If ``is_alone`` is True, and another process has the lock.
    """
    number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    kind = fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH
    while True:
        try:
            fcntl.flock(number, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if is_alone:
                raise BusyError from None
            sign()
            time.sleep(SIGN_SECONDS / 2)
        except OSError:
            break  # a file system without locks
        else:
            break
    return number


def serve(messages: IO[bytes], answers: IO[bytes], ear: Ear) -> int:
    """Handle messages until the input ends or one fails; the module describes the lines.

    Args:
        messages: Lines of JSON. The first holds the arguments of `Mirror` except ``answer``,
            ``sign`` and ``ear``, and ``parent``, the id of the process that sends. Each other
            line is ``["log", rows]`` or ``["finish", ends]``, see `Mirror.log` and
            `Mirror.finish`.
        answers: The stream to which signs of life, ``done`` and ``failed`` are written.
        ear: The stream that replaces standard error, and so gets what W&B prints.

    Returns:
        The exit code of this process: 0, or 1 after a failure.
    """
    last = time.monotonic()

    def answer(text: str) -> None:
        nonlocal last
        last = time.monotonic()
        try:
            answers.write(f"{text}\n".encode())
            answers.flush()
        except OSError:
            pass  # the training process is dead; what it has handed over counts all the same

    def sign() -> None:
        if time.monotonic() - last > SIGN_SECONDS:
            answer(".")

    try:
        first = json.loads(messages.readline())
        threading.Thread(target=_end_with, args=(first.pop("parent"),), daemon=True).start()
        mirror = Mirror(**first, answer=answer, sign=sign, ear=ear)
        for line in messages:
            kind, rows = json.loads(line)
            {"log": mirror.log, "finish": mirror.finish}[kind](rows)
        mirror.close()
    except BusyError:
        answer("failed busy")
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a tracker may raise
        answer(f"failed {describe(error)}")
        return 1
    return 0


def describe(error: Exception) -> str:
    """Return an error's cause in one line of plain words."""
    if callable(details := getattr(error, "errors", None)):  # pydantic's, whose text is a list
        first = details()[0]
        return ": ".join([*map(str, first["loc"]), first["msg"].removeprefix("Value error, ")])
    lines = [line for line in str(error).strip().splitlines() if line != NO_REASON]
    if type(error).__module__.startswith("wandb"):
        text = " ".join(lines) or "no reason given"
        found = (cause for words, cause in CAUSES if words in text)
        return next(found, f"the server refused a run: {text}")
    if isinstance(error, ConnectionError | TimeoutError) and lines:
        return lines[0]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def _end_with(parent: int) -> None:
    """End this process `ORPHAN_SECONDS` after its ``parent`` (an id), even if W&B still waits."""
    while os.getppid() == parent:
        time.sleep(SIGN_SECONDS)
    time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def _private(stream: IO[Any], *, mode: str) -> IO[bytes]:
    """Move a standard stream to a descriptor that W&B's own process does not inherit."""
    number = stream.fileno()
    taken = os.fdopen(os.dup(number), mode)  # a duplicate is not inherited
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
    return taken


def main() -> None:
    """Handle the messages of the process that started this process."""
    # A sweep that is stopped closes this input; what was handed over before is written first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")  # W&B reads a settings file in the working directory
    # W&B keeps a log of itself beside each run, which takes a tenth of its time.
    logging.disable(logging.INFO)
    ear = Ear()
    sys.stderr = ear  # it has the methods of a stream that W&B uses
    sys.exit(serve(_private(sys.stdin, mode="rb"), _private(sys.stdout, mode="wb"), ear))


if __name__ == "__main__":
    main()
