"""Leases: the hold of a worker on its runs, which lapses when the worker dies or falls silent.

A worker writes a heartbeat (beat) every few seconds. Among the processes of one machine (and one
container) a dead process is recognized at once. Any other worker counts as dead when its beat has
not changed for ``LEASE_SECONDS`` by the observer's own clock, so clocks need not agree.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.studies.storage import Attributes

BEAT_SECONDS = 5.0
"""Seconds between two beats of a process."""
LOOK_SECONDS = 1.0
"""Seconds between two checks of a worker whether it should stop."""
LEASE_SECONDS = 60.0
"""Seconds without a new beat after which a process counts as dead, if it cannot be checked."""
GRACE_SECONDS = 60.0
"""Seconds that a worker may take to finish its epoch after its parent died, before it exits."""
EXIT_ORPHANED = 3
"""Exit code of a worker that ends because its parent died."""
_CLAIM, _BEAT, _STOP = "claim/", "beat/", "stop/"


def workers_of(name: str) -> str:
    """Return the name of the Optuna study whose attributes are the notes of a sweep's workers.

    Args:
        name: The sweep's name.
    """
    return f"{name}/.workers"


class Leases:
    """The runs that the workers of a sweep hold, and the lease of this process.

    ``claims``, ``claim`` and ``release`` need the sweep's lock; the beat does not.
    """

    def __init__(
        self,
        attributes: Attributes,
        me: Identity,
        *,
        parent: Identity | None = None,
        progress: Callable[[], float] = lambda: 0.0,
        is_worker: bool = True,
        stop: threading.Event | None = None,
    ) -> None:
        """Keep the arguments; nothing is written yet.

        Args:
            attributes: The notes of the sweep's workers, see `workers_of`.
            me: This process.
            parent: The process that started this process, which stops when the parent is dead;
                None in the process that the user started.
            progress: Returns the progress of the population in training, as a number of runs; half
                of a run's epochs count as 0.5 runs.
            is_worker: True if this process trains, False if it leads other workers.
            stop: The event to use as attribute ``stop``; None for a new event.
        """
        self.me = me
        self.stop = stop or threading.Event()
        """Set when this worker is to finish its epoch, write its checkpoint, and end."""
        self.has_lapsed = threading.Event()
        """Set when this process was suspended for longer than its lease: other workers may hold
        its runs by now."""
        self._attributes = attributes
        self._parent = parent
        self._progress = progress
        self._is_worker = is_worker
        self._seen: dict[str, tuple[int, float]] = {}
        self._cut_off_at = -math.inf
        """When this process last failed to reach the storage, by ``time.monotonic``."""
        self._n_beats = 0
        self._last_beat = _awake()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> Self:
        """Write the first beat, and start the thread that writes all later beats."""
        self._attributes.patiently(self._beat)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop beating and release all claimed runs."""
        self._end.set()
        self._thread.join()
        # A lease that cannot be released lapses by itself.
        with suppress(Exception):
            self.release()
            self._attributes.write(_BEAT + self.me.name, None)

    def claims(self) -> dict[str, str]:
        """Return the name of the worker that holds each claimed run, by run id.

        Only claims of living workers count. The notes of dead workers are removed.
        """
        notes = self._attributes.read()
        held: dict[str, str] = {}
        for key, run_ids in notes.items():
            worker = key.removeprefix(_CLAIM)
            if key == worker or not run_ids:
                continue
            if worker == self.me.name or self._is_alive(worker, notes.get(_BEAT + worker)):
                held.update(dict.fromkeys(run_ids, worker))
            else:
                self._attributes.write(key, None)
                self._attributes.write(_BEAT + worker, None)
        return held

    def claim(self, run_ids: Collection[str]) -> None:
        """Claim runs for this worker, in place of all runs that it claimed before.

        Args:
            run_ids: Ids of all runs that the worker is to hold.
        """
        self._attributes.write(_CLAIM + self.me.name, sorted(run_ids))

    def release(self) -> None:
        """Release all claimed runs."""
        self._attributes.write(_CLAIM + self.me.name, None)

    def living(self) -> dict[str, float]:
        """Return the progress of each other living process, by its name.

        The progress is a number of runs, as for the argument ``progress``.
        """
        beats = self._living()
        return {worker: float(beat["progress"]) for worker, beat in beats.items()}

    def n_workers(self) -> int:
        """Count the living processes that train, and this process whether it trains or not."""
        return 1 + len([beat for beat in self._living().values() if beat["is_worker"]])

    def bury(self, notice: Callable[[str], None] = lambda _text: None) -> None:
        """Remove the claims and beats of dead workers.

        A worker on another machine or in another container can be judged by its beats only. So
        this call waits until each such worker has written another beat, or none for
        ``LEASE_SECONDS``.

        Args:
            notice: Receives one line for the user if the wait is long.
        """
        first: dict[str, int] = {}
        began, has_told = time.monotonic(), False
        while True:
            unsure: list[str] = []
            for worker, beat in self._beats().items():
                number = int(beat["number"])
                if not self._is_alive(worker, beat):
                    self._attributes.write(_CLAIM + worker, None)
                    self._attributes.write(_BEAT + worker, None)
                elif not Identity.from_json(worker, beat).is_visible:
                    unsure += [worker] if first.setdefault(worker, number) == number else []
            if not unsure:
                return
            if not has_told and time.monotonic() - began > BEAT_SECONDS + LOOK_SECONDS:
                has_told = True
                notice(
                    f"{len(unsure)} processes that this one cannot see (they are of another "
                    "machine, container or version of ffnn_lab) took part in this sweep: waiting "
                    f"at most {LEASE_SECONDS:.0f} s for a sign of life"
                )
            time.sleep(LOOK_SECONDS)

    def tell_to_stop(self) -> None:
        """Ask the workers that this process started to finish their epoch and end."""
        self._attributes.write(_STOP + self.me.name, True)  # noqa: FBT003 - a note's value

    def _beats(self) -> dict[str, dict[str, Any]]:
        """Return the last beat of each process that wrote one and did not remove it, by its name.

        A process removes its beat when it ends in good order.
        """
        notes = self._attributes.read()
        return {k.removeprefix(_BEAT): v for k, v in notes.items() if k.startswith(_BEAT) and v}

    def _living(self) -> dict[str, dict[str, Any]]:
        return {
            worker: beat
            for worker, beat in self._beats().items()
            if worker != self.me.name and self._is_alive(worker, beat)
        }

    def _is_alive(self, worker: str, beat: Mapping[str, Any] | None) -> bool:
        if beat is None:
            return False
        if Identity.from_json(worker, beat).is_dead:
            return False
        now, number = time.monotonic(), int(beat["number"])
        known = self._seen.get(worker)
        if known is None or known[0] != number:
            self._seen[worker] = number, now
            return True
        # While the storage was out of reach no beat could be read, which is not silence.
        return now - max(known[1], self._cut_off_at) < LEASE_SECONDS

    def _beat(self) -> None:
        now = _awake()
        if now - self._last_beat > LEASE_SECONDS:
            self.has_lapsed.set()
        self._n_beats += 1
        beat = {
            **asdict(self.me),
            "number": self._n_beats,
            "progress": self._progress(),
            "is_worker": self._is_worker,
        }
        self._attributes.write(_BEAT + self.me.name, beat)
        self._last_beat = now

    def _beat_on(self) -> None:
        """Write beats, and set ``stop`` if the parent is dead or asks this worker to stop.

        The loop runs in a thread until the lease is left. The thread ends the whole process
        `GRACE_SECONDS` after the parent died.
        """
        last = time.monotonic()
        orphaned_at: float | None = None
        while not self._end.wait(LOOK_SECONDS):
            if self._parent is not None and self._parent.is_dead:
                orphaned_at = orphaned_at or time.monotonic()
                self.stop.set()
                if time.monotonic() - orphaned_at > GRACE_SECONDS:
                    os._exit(EXIT_ORPHANED)
            try:
                if time.monotonic() - last >= BEAT_SECONDS:
                    self._beat()
                    last = time.monotonic()
                if self._parent is not None and not self._is_wanted(self._parent):
                    self.stop.set()
            except Exception:  # noqa: BLE001 - the worker itself meets the same trouble
                self._cut_off_at = time.monotonic()

    def _is_wanted(self, parent: Identity) -> bool:
        notes = self._attributes.read()
        is_alive = self._is_alive(parent.name, notes.get(_BEAT + parent.name))
        return is_alive and not notes.get(_STOP + parent.name)


def _awake() -> float:
    """Return the seconds of a clock that goes on while the machine sleeps, if there is one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
