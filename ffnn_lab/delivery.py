"""Hands runs to the tracking process and keeps them until W&B has them.

Where a server fails, all that it does not have is handed to another tracking process, which writes
offline runs of the same ids.
"""

import logging
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ffnn_lab import mirror, mirror_process
from ffnn_lab.mirror_process import MirrorProcess
from ffnn_lab.records import CurvePoint
from ffnn_lab.wandb_runs import history

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 10.0
"""How long the end of a sweep waits for W&B before it says so."""
BUSY = "busy"
"""The tracking process's reason where another one writes into the folder."""


@dataclass
class Kept:
    """A run that W&B does not have yet."""

    opening: dict[str, Any]
    curve: Sequence[CurvePoint]
    """May grow."""
    n_handed: int = 0
    """Points of the curve that were handed over."""
    is_open: bool = False
    """True once the opening was handed over."""
    ending: Sequence[Any] | None = None
    """Exit code, summary and receipt of a run that has ended."""
    is_ended: bool = False
    """True once the ending was handed over."""


class Delivery:
    """The runs of one process on their way to W&B; only `drain` and `close` wait."""

    def __init__(self, *, mode: str, folder: Path, command: str, is_alone: bool = False) -> None:
        """Make ready; the tracking process starts with the first run.

        Args:
            mode: ``online`` or ``offline``.
            folder: The sweep's; W&B writes into its ``wandb/``.
            command: What the user types to deliver later what is missing.
            is_alone: Whether no other process may write there meanwhile.
        """
        self.mode = mode
        self.failure: str | None = None
        """What ended tracking, if anything did."""
        self.n_delivered: Counter[str] = Counter()
        """How many runs W&B has got, by mode."""
        self._folder = folder
        self._command = command
        self._is_alone = is_alone
        self._kept: dict[str, Kept] = {}
        self._changed: dict[str, None] = {}
        """The kept runs that have something new, in the order of their news."""
        self._process: MirrorProcess | None = None

    @property
    def is_broken(self) -> bool:
        """Return whether tracking failed, offline too."""
        return self.failure is not None

    def update(
        self, run_id: str, opening: Callable[[], dict[str, Any]], curve: Sequence[CurvePoint]
    ) -> None:
        """Note a run's curve as it is; what is new of it goes out with the next `flush`.

        One that is trained anew, after another failed beside it, repeats what was handed over.
        """
        kept = self._kept.get(run_id)
        if kept is None:
            self._kept[run_id] = Kept(opening(), curve)
        elif len(curve) > kept.n_handed:
            kept.curve = curve
        else:
            return
        self._changed[run_id] = None

    def end(self, run_id: str, ending: Sequence[Any]) -> None:
        """Note that a run has ended: its exit code, its summary and its receipt."""
        self._kept[run_id].ending = ending
        self._changed[run_id] = None

    def flush(self) -> None:
        """Hand over what is new, or deal with a failure: tracking may not harm what it tracks."""
        if self.is_broken:
            self._kept.clear()
            self._changed.clear()
            return
        try:
            failure = self._look()
            if failure is None:
                self._send()
        except Exception as error:  # noqa: BLE001 - whatever starting and feeding a process may raise
            failure = mirror.describe(error)
        if failure is not None:
            self._recover(failure)

    def drain(self, n_left: int) -> None:
        """Wait until W&B has all but so many of the runs that have ended."""
        while len(self._kept) > n_left and not self.is_broken:
            time.sleep(mirror_process.POLL_SECONDS / 10)
            if self._process is not None:
                self._process.check_silence()
            self.flush()

    def close(self) -> None:
        """Wait until all is written; runs still open were cut off.

        Bounded: a tracking process that gives no sign of life is killed. After some seconds the
        user is told what is waited for; Ctrl-C ends the wait, and nothing else.
        """
        self.flush()
        tell = self._teller()
        while self._process is not None:
            process = self._process
            try:
                with _interruptible():
                    process.end(tell)
            except KeyboardInterrupt:
                self.abort()
                n_left = len(self._kept)
                logger.warning("left to `%s`: %s", self._command, count_text(n_left))
                return
            failure = self._look()
            self._process = None
            if failure is not None and not self.is_broken:
                self._recover(failure)

    def abort(self) -> None:
        """End the tracking process at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            self._forget(process)

    def _look(self) -> str | None:
        """Forget the runs that W&B has got; return what failed, if anything did."""
        if self._process is None:
            return None
        # A failure is looked at first: what was done before it is then counted.
        failure = self._process.failure
        self._forget(self._process)
        return failure

    def _forget(self, process: MirrorProcess) -> None:
        for run_id in process.done():
            self._kept.pop(run_id, None)
            self._changed.pop(run_id, None)
            self.n_delivered[self.mode] += 1

    def _send(self) -> None:
        rows = []
        ends = []
        for run_id in self._changed:
            kept = self._kept[run_id]
            if not kept.is_open or len(kept.curve) > kept.n_handed:
                points = history(kept.curve[kept.n_handed :])
                rows.append((run_id, None if kept.is_open else kept.opening, points))
                kept.is_open, kept.n_handed = True, len(kept.curve)
            if kept.ending is not None and not kept.is_ended:
                ends.append((run_id, *kept.ending))
                kept.is_ended = True
        self._changed.clear()
        for kind, contents in (("log", rows), ("finish", ends)):
            if contents:
                if self._process is None:
                    self._process = MirrorProcess(
                        mode=self.mode, folder=self._folder, is_alone=self._is_alone
                    )
                self._process.hand([kind, contents])

    def _recover(self, failure: str) -> None:
        """Go on with offline runs where online ones failed; else give up."""
        if self.mode != "online" or failure == BUSY:
            self._give_up(failure)
            return
        self.abort()
        self.mode = "offline"
        logger.warning(
            "W&B does not take the runs (%s): they are written offline from here on, and `%s "
            "--mode online` sends them later",
            failure,
            self._command,
        )
        for kept in self._kept.values():
            kept.n_handed, kept.is_open, kept.is_ended = 0, False, False
        self._changed = dict.fromkeys(self._kept)
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - as in flush
            self._give_up(mirror.describe(error))

    def _give_up(self, failure: str) -> None:
        self.failure = failure
        if failure != BUSY:
            logger.warning(
                "tracking failed and is off from here on (%s); the records go on, and `%s` writes "
                "what W&B lacks",
                failure,
                self._command,
            )

    def _teller(self) -> Callable[[], None]:
        """Return what tells the user, once, that W&B is waited for."""
        begun = time.monotonic()
        is_told = False

        def tell() -> None:
            nonlocal is_told
            if self._process is not None:
                self._forget(self._process)
            if is_told or time.monotonic() - begun < ANNOUNCE_SECONDS:
                return
            is_told = True
            logger.warning(
                "waiting for W&B: %s left, up to %.0f s without an answer; Ctrl-C leaves "
                "them to `%s`",
                count_text(len(self._kept)),
                mirror_process.PATIENCE_SECONDS,
                self._command,
            )

        return tell


def count_text(n_runs: int) -> str:
    """Return how many runs there are, in words."""
    return f"{n_runs} run" if n_runs == 1 else f"{n_runs} runs"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a first Ctrl-C end the block, whatever it would do elsewhere."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
