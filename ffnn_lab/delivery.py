"""Delivery of runs to the tracking process; each run is kept in memory until W&B has it.

If W&B's server fails, the runs that the server lacks are sent to another tracking process, which
writes W&B runs with the same ids to the disk (offline).
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
from ffnn_lab.records import CurvePoint, LayerPoint
from ffnn_lab.wandb_runs import history

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 10.0
"""Seconds that a process waits for W&B at the end before it tells the user of the wait."""
BUSY = "busy"
"""The failure that a tracking process reports if another tracking process writes into the
folder."""


@dataclass
class Kept:
    """A run that W&B does not have yet."""

    opening: dict[str, Any]
    """The arguments with which the W&B run is opened; see `wandb_runs.opening`."""
    curve: Sequence[CurvePoint]
    """The points measured so far; the sequence may grow."""
    layers: Sequence[LayerPoint] = ()
    """The diagnoses so far, at epochs of points of the curve."""
    n_handed: int = 0
    """Number of points of the curve that were sent to the tracking process."""
    is_open: bool = False
    """True once ``opening`` was sent to the tracking process."""
    ending: Sequence[Any] | None = None
    """The exit code that W&B shows for the run, the run's summary, and its entry for the ledger
    of runs that W&B has (`wandb_runs.receipt`), in this order; None until the run has ended."""
    is_ended: bool = False
    """True once ``ending`` was sent to the tracking process."""


class Delivery:
    """Sends the runs of one process to W&B; only the methods `drain` and `close` wait for W&B."""

    def __init__(self, *, mode: str, folder: Path, command: str, is_alone: bool = False) -> None:
        """Prepare the delivery; the tracking process starts with the first run.

        Args:
            mode: ``online`` or ``offline``.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            command: The command that delivers missing runs later, for messages.
            is_alone: True to let no other process write W&B runs into the folder meanwhile; if
                another process already does, tracking fails.
        """
        self.mode = mode
        self.failure: str | None = None
        """The reason why tracking ended; None while it works."""
        self.n_delivered: Counter[str] = Counter()
        """The number of runs that W&B has received, by mode."""
        self._folder = folder
        self._command = command
        self._is_alone = is_alone
        self._kept: dict[str, Kept] = {}
        self._changed: dict[str, None] = {}
        """Ids of the kept runs of which the tracking process lacks something, in the order of
        their changes; the values are not used."""
        self._process: MirrorProcess | None = None

    @property
    def is_broken(self) -> bool:
        """Return True if tracking failed for good; if only a server fails, it goes on offline."""
        return self.failure is not None

    def update(
        self,
        run_id: str,
        opening: Callable[[], dict[str, Any]],
        curve: Sequence[CurvePoint],
        layers: Sequence[LayerPoint] = (),
    ) -> None:
        """Keep a run's curve; the next `flush` sends its new points to the tracking process.

        A run that is trained again, because another member of its population failed, repeats
        points that were sent before; these are skipped.

        Args:
            run_id: The run's id.
            opening: Makes the arguments with which the W&B run is opened; called for a new run.
            curve: All points that were measured so far.
            layers: All diagnoses so far.
        """
        kept = self._kept.get(run_id)
        if kept is None:
            self._kept[run_id] = Kept(opening(), curve, layers)
        elif len(curve) > kept.n_handed:
            kept.curve, kept.layers = curve, layers
        else:
            return
        self._changed[run_id] = None

    def end(self, run_id: str, ending: Sequence[Any]) -> None:
        """Keep the ending of a run, which the next `flush` sends to the tracking process.

        Args:
            run_id: The run's id.
            ending: The value of `Kept.ending`.
        """
        self._kept[run_id].ending = ending
        self._changed[run_id] = None

    def flush(self) -> None:
        """Send all that is new to the tracking process; after a failure, go on offline or give up.

        No error is raised, so that a failure of tracking stops no training.
        """
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
        """Wait until W&B lacks at most ``n_left`` of the runs, or until tracking has failed."""
        while len(self._kept) > n_left and not self.is_broken:
            time.sleep(mirror_process.POLL_SECONDS / 10)
            if self._process is not None:
                self._process.check_silence()
            self.flush()

    def close(self) -> None:
        """Wait until all runs are written; those still open are closed as cut off.

        The wait is bounded: a tracking process that gives no sign of life is killed. After some
        seconds the user is told of the wait; Ctrl-C ends the wait, and nothing else.
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
                logger.warning(
                    "%s not delivered to W&B; to deliver the rest, run `%s`",
                    count_text(n_left),
                    self._command,
                )
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
        """Forget the runs that W&B has received; return the failure of tracking, or None."""
        if self._process is None:
            return None
        # The failure is read first, so that all runs delivered before it are counted.
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
                points = history(kept.curve[kept.n_handed :], kept.layers)
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
        """After a failure, go on with offline runs if the runs were sent online; else give up."""
        if self.mode != "online" or failure == BUSY:
            self._give_up(failure)
            return
        self.abort()
        self.mode = "offline"
        logger.warning(
            "W&B does not accept the runs (%s): from now on they are written offline, and `%s "
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
                "tracking failed and is off from now on (%s); runs are still recorded, and `%s` "
                "later hands over the runs that W&B lacks",
                failure,
                self._command,
            )

    def _teller(self) -> Callable[[], None]:
        """Return a function that tells the user, once, that the process waits for W&B."""
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
                "waiting for W&B: %s left; the wait ends after %.0f s without an answer. Ctrl-C "
                "ends it now, and `%s` delivers what is left later",
                count_text(len(self._kept)),
                mirror_process.PATIENCE_SECONDS,
                self._command,
            )

        return tell


def count_text(n_runs: int) -> str:
    """Return a number of runs as text: ``1 run``, ``2 runs``."""
    return f"{n_runs} run" if n_runs == 1 else f"{n_runs} runs"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Make Ctrl-C raise KeyboardInterrupt within the block, whatever its handler is outside."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
