"""Mirrors runs to W&B: one W&B run per run. Nobody reads back from it, and it may fail.

Training hands plain data over and goes on; a process of its own, ``ffnn_lab.mirror``, writes it.
"""

import itertools
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ffnn_lab import mirror
from ffnn_lab.config import RunConfig, leaves
from ffnn_lab.population import Member
from ffnn_lab.records import CurvePoint, RunResult

logger = logging.getLogger(__name__)

MAX_BEHIND = 10_000
"""Messages, an epoch of a population each, that the tracking process may be behind: some 20 kB
each for 64 members."""
PATIENCE_SECONDS = 90.0
"""How long the tracking process may give no sign of life while the end of a sweep waits for it.
W&B itself tries for 30 seconds to open a run online."""


class Tracker(Protocol):
    """What mirrors a population's runs."""

    is_broken: bool
    """Whether it failed, and has said so."""

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Mirror what the members measured since the last call."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Mirror how the runs ended."""

    def close(self) -> None:
        """Wait until all is written."""


class NoTracker:
    """``tracking=off``."""

    is_broken = False

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Do nothing."""

    def finish(self, results: Sequence[RunResult]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class WandbTracker:
    """``tracking=offline`` and ``tracking=online``: all runs of a population, open at once.

    History keys are ``<split>/loss``, ``<split>/error`` and ``lr`` over ``epoch``; the summary
    holds the metrics of ``runs`` under their column names.
    """

    def __init__(
        self,
        config: RunConfig,
        folder: Path,
        *,
        group: str,
        labels: Mapping[str, tuple[str, str]],
    ) -> None:
        """Make ready; the tracking process starts with the first measurement.

        Args:
            config: Says mode and project.
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            group: Name of the sweep.
            labels: Run id to stage and arm, which become its job type and its tag. It may grow.
        """
        self._about = {
            "mode": config.tracking.mode,
            "project": config.tracking.project,
            # W&B writes from a process of its own, which may stand in another folder.
            "folder": str(folder.resolve()),
            "group": group,
        }
        self._labels = labels
        self._process: MirrorProcess | None = None
        self._n_logged: dict[str, int] = {}
        """Of each open run, how many points were handed over."""
        self.is_broken = False

    def on_epoch(self, members: Sequence[Member]) -> None:
        """Hand over each member's new points."""
        self._safely(self._log, members)

    def finish(self, results: Sequence[RunResult]) -> None:
        """Hand over the summaries; the runs are closed."""
        self._safely(self._finish, results)

    def close(self) -> None:
        """Wait until all that was handed over is written; runs still open were cut off.

        Bounded: a tracking process that gives no sign of life is killed.
        """
        if self._process is not None:
            process, self._process = self._process, None
            failure = process.end()
            if failure is not None:
                self._give_up(failure)

    def _safely(self, action: Any, argument: Any) -> None:  # noqa: ANN401 - one of the two above
        """Act, or warn once and track no more: a tracker must not harm what it watches."""
        if self.is_broken:
            return
        try:
            action(argument)
            failure = self._process.failure if self._process is not None else None
        except Exception as error:  # noqa: BLE001 - whatever starting and feeding a process may raise
            failure = mirror.describe(error)
        if failure is not None:
            self._give_up(failure)

    def _give_up(self, failure: str) -> None:
        if not self.is_broken:
            self.is_broken = True
            logger.warning(
                "tracking failed and is off from here on (%s); the records go on", failure
            )

    def _log(self, members: Sequence[Member]) -> None:
        rows = []
        for member in members:
            # One that is trained anew, after another failed beside it, repeats what was logged.
            n_logged = self._n_logged.get(member.run_id, 0)
            is_new = member.run_id not in self._n_logged
            if is_new or len(member.curve) > n_logged:
                opening = self._opening(member) if is_new else None
                rows.append((member.run_id, opening, _history(member.curve[n_logged:])))
                self._n_logged[member.run_id] = len(member.curve)
        if rows:
            self._hand("log", rows)

    def _opening(self, member: Member) -> dict[str, Any]:
        """Give what W&B is told of a run as it opens."""
        stage, arm = self._labels.get(member.run_id, ("single", ""))
        group = self._about["group"]
        return {
            "id": f"{group}-{member.run_id}",
            "name": f"{arm or group}-{member.run_id}",
            "job_type": stage,
            "tags": [arm] if arm else [],
            "config": _nested(leaves(member.config)),
        }

    def _finish(self, results: Sequence[RunResult]) -> None:
        ends = [
            (
                result.run_id,
                0 if result.status == "completed" else 1,
                {"status": result.status, **result.metrics()},
            )
            for result in results
            if self._n_logged.pop(result.run_id, None) is not None
        ]
        if ends:
            self._hand("finish", ends)

    def _hand(self, kind: str, rows: Sequence[Any]) -> None:
        if self._process is None:
            self._process = MirrorProcess(self._about)
        self._process.hand([kind, rows])


class MirrorProcess:
    """The tracking process and the threads that feed and hear it; only `end` waits for it."""

    def __init__(self, about: Mapping[str, str]) -> None:
        """Start it.

        Args:
            about: What it has to know of the sweep.
        """
        self.failure: str | None = None
        """What failed, if anything did."""
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._is_ending = False
        self._heard = time.monotonic()
        # A process group of its own: a terminal's Ctrl-C must not meet it amid its imports.
        self._process = subprocess.Popen(  # noqa: S603 - this Python, our own file
            [sys.executable, "-P", mirror.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        threading.Thread(target=self._feed, daemon=True).start()
        self.hand({**about, "parent": os.getpid()})

    def hand(self, message: object) -> None:
        """Leave a message to be sent; it is plain data.

        Raises:
            BufferError: If the process is too far behind.
        """
        if self._waiting.qsize() >= MAX_BEHIND:
            msg = f"W&B is {MAX_BEHIND} epochs behind"
            raise BufferError(msg)
        self._waiting.put(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def end(self) -> str | None:
        """Wait until all is written and the process has ended; gives what failed, if anything."""
        self._is_ending = True
        self._waiting.put(None)
        self._heard = time.monotonic()
        while self._listener.is_alive():
            self._listener.join(timeout=1.0)
            if time.monotonic() - self._heard > PATIENCE_SECONDS:
                self.failure = f"no sign of life for {PATIENCE_SECONDS:g} s"
                self._process.kill()
                break
        try:
            exit_code = self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:  # W&B may wait for its service as it ends
            self._process.kill()
            exit_code = self._process.wait()
        if exit_code != 0 and self.failure is None:
            self.failure = f"the tracking process ended with exit code {exit_code}"
        return self.failure

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 - it was asked for
        try:
            with pipe:
                while (line := self._waiting.get()) is not None:
                    pipe.write(line)
                    pipe.flush()
        except OSError:
            pass  # it has ended, as the listener hears

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 - it was asked for
        with pipe:
            for line in pipe:
                self._heard = time.monotonic()
                self.failure = self.failure or line.decode(errors="replace").strip() or None
        if not self._is_ending and self.failure is None:
            self.failure = "the tracking process is dead"


def make_tracker(
    config: RunConfig, folder: Path, *, group: str, labels: Mapping[str, tuple[str, str]]
) -> Tracker:
    """Give the tracker that ``tracking`` asks for; see ``WandbTracker``."""
    if config.tracking.mode == "off":
        return NoTracker()
    return WandbTracker(config, folder, group=group, labels=labels)


def _history(points: Sequence[CurvePoint]) -> list[tuple[int, dict[str, float]]]:
    """Give step and values of each row of W&B's history.

    Usually one epoch; of a run that goes on from a checkpoint, all that it had.
    """
    rows = []
    now = time.time()  # W&B would note when it is written
    for (epoch, step), together in itertools.groupby(points, key=_moment):
        values: dict[str, float] = {"epoch": epoch, "_timestamp": now}
        for point in together:
            values["lr"] = point.lr
            values[f"{point.split}/loss"] = point.loss
            values[f"{point.split}/error"] = point.error
        rows.append((step, values))
    return rows


def _moment(point: CurvePoint) -> tuple[int, int]:
    return point.epoch, point.step


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Nest dotted names, as W&B shows configs."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *path, name = key.split(".")
        part = nested
        for step in path:
            part = part.setdefault(step, {})
        part[name] = value
    return nested
