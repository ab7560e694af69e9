"""One worker of a sweep: takes runs from the agenda, trains and records them, until all are done.

Any number of workers may work on a sweep at the same time; no worker waits for another worker's
population.
"""

import functools
import math
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import torch

from ffnn_lab.checkpoints import load_checkpoint
from ffnn_lab.config import RunConfig, UserError
from ffnn_lab.definition import Definition
from ffnn_lab.moments import moment_of_answers
from ffnn_lab.population import Member, Snapshot, method_order
from ffnn_lab.progress import Progress
from ffnn_lab.records import RecordWriter, RunResult
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.keeper import Keeper
from ffnn_lab.sweeper.leases import Leases
from ffnn_lab.sweeper.pruning import Pruning
from ffnn_lab.sweeper.studies.server import StoppedWaitingError
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.units import Planned, setting_ends
from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.terminal import several
from ffnn_lab.tracking import Tracker
from ffnn_lab.trainer import Training, result_of

T = TypeVar("T")
WAIT_SECONDS = 0.3
"""Seconds between two looks for work, while other workers hold all runs that are left."""
_NO_MEMORY = ("can't allocate memory", "out of memory", "bad_alloc", "CUBLAS_STATUS_ALLOC_FAILED")
"""Messages of RuntimeErrors of torch that mean a lack of memory."""


class Watcher:
    """Progress callbacks of a sweep; the base class ignores every event."""

    def epoch(self, members: Sequence[Member]) -> None:
        """Receive the members of the population in training, after each epoch."""

    def progress(self, progress: Progress) -> None:
        """Receive the sweep's progress."""

    def in_training(self, workers: Mapping[str, float]) -> None:
        """Receive the progress of all workers' populations.

        Args:
            workers: The progress of each worker's population, as a number of runs, by the worker's
                name. Half of a run's epochs count as 0.5 runs.
        """

    def notice(self, text: str) -> None:
        """Receive one line for the user."""


class StoppedError(Exception):
    """Raised if a worker that was asked to stop did so after an epoch; its records stay."""


class TooManyFailedError(UserError):
    """Raised if more runs failed than ``hydra.sweeper.max_failures`` allows."""


class Worker:
    """Trains and records the runs of a sweep, alone or beside other workers."""

    def __init__(
        self,
        definition: Definition,
        folder: Path,
        storage: Storage,
        leases: Leases,
        *,
        watcher: Watcher,
        make_tracker: Callable[[Mapping[str, tuple[str, str]]], Tracker],
        n_workers: int = 1,
        max_failures: int = 0,
    ) -> None:
        """Prepare the worker; nothing is trained or written yet.

        Args:
            definition: The sweep.
            folder: The sweep's folder.
            storage: The storage of the sweep's studies.
            leases: This worker's leases, inside their ``with`` block, so that heartbeats are
                written.
            watcher: Receives progress.
            make_tracker: Makes the tracker, given a map from run id to (stage, arm) to which each
                run is added when it is claimed.
            n_workers: Number of workers that share the sweep.
            max_failures: Number of runs that may fail before the sweep stops.
        """
        self._definition = definition
        self._folder = folder
        self._storage = storage
        self._leases = leases
        self._watcher = watcher
        self._n_workers = n_workers
        self._max_failures = max_failures
        self._n_places = definition.population_size
        self._writer = RecordWriter(folder, leases.me.name)
        self._agenda = Agenda(definition, folder, storage)
        self._labels: dict[str, tuple[str, str]] = {}
        self._tracker = make_tracker(self._labels)
        self._in_hand: dict[str, Planned] = {}
        """The runs that this worker has claimed and not recorded yet, by run id."""
        self._keeper = Keeper(
            folder / "checkpoints" / f"{leases.me.name}.pt",
            definition.arms[0].config.trainer.checkpoint_seconds,
            watcher.notice,
        )
        self._snapshots: dict[str, Snapshot] = {}
        self._contents: dict[Path, tuple[float, frozenset[str]]] = {}
        """The modification time and the run ids of each checkpoint that other workers left."""

    def work(self) -> None:
        """Train runs that no other worker holds, until the sweep is done.

        Raises:
            StoppedError: If the worker was told to stop before the sweep was done.
            TooManyFailedError: If more than ``max_failures`` runs failed.
        """
        with closing(self._tracker):  # on any exit the tracker writes what it has
            try:
                self._work()
            except StoppedWaitingError:
                raise StoppedError from None

    def _work(self) -> None:
        while True:
            if self._leases.stop.is_set():
                raise StoppedError
            chosen = self._take()
            if chosen:
                self._train(chosen)
            elif self._agenda.is_done:
                break
            elif self._leases.stop.wait(WAIT_SECONDS):
                raise StoppedError
        self._decide(self._writer.compact)
        for path in self._keeper.path.parent.glob("*.pt"):
            with suppress(OSError):
                path.unlink()

    def _take(self, partition: str | None = None) -> list[Planned]:
        """Choose and claim runs, about as many as there are free places.

        Args:
            partition: Partition of the population that the runs are to join; None for any.
        """
        chosen = self._decide(lambda: self._choose(partition))
        self._in_hand.update({planned.run_id: planned for planned in chosen})
        self._watcher.progress(self._agenda.progress())
        for planned in chosen:
            self._labels[planned.run_id] = planned.row.stage, planned.row.arm
        return chosen

    def _decide(self, decision: Callable[[], T]) -> T:
        return self._storage.decide(self._definition.name, decision, self._begin_anew)

    def _begin_anew(self) -> None:
        """Read records and studies again, because a decision was undone on the server."""
        self._agenda.reopen()

    def _choose(self, partition: str | None) -> list[Planned]:
        """Choose runs and claim them, by what the records say. Needs the sweep's lock.

        Args:
            partition: Partition of the population that the runs are to join; None for any.
        """
        # Before the records are read: a worker may write its last runs and die in between.
        claims = self._leases.claims()
        self._agenda.look(self._writer)
        if partition is None:
            self._leave_lapsed()
        elif self._leases.has_lapsed.is_set():
            return []  # first the population in training must be given up
        me = self._leases.me.name
        # A claim in this worker's name that it does not know was made as its connection broke.
        held = {run: by for run, by in claims.items() if by != me or run in self._in_hand}
        share = min(self._n_places, self._agenda.share(self._n_workers))
        n_places = share - len(self._in_hand)
        chosen = []
        if n_places > 0:
            chosen = self._agenda.take(n_places, held, me, self._writer, partition=partition)
        if self._agenda.ledger.n_failed > self._max_failures:
            self._give_up()
        in_hand = [*self._in_hand, *(planned.run_id for planned in chosen)]
        if chosen or not in_hand:
            self._leases.claim(in_hand)
        self._read_checkpoints(chosen, set(held.values()))
        return chosen

    def _train(self, chosen: Sequence[Planned]) -> None:
        """Train runs, and further runs of their partition as places in the population become free.

        If training raises an error, each half of the runs is trained by itself, down to the run
        that fails.
        """
        error = self._attempt(chosen, may_refill=True)
        if error is not None:
            self._isolate(error, list(self._in_hand.values()))

    def _attempt(self, chosen: Sequence[Planned], *, may_refill: bool) -> Exception | None:
        """Train runs together; return the error that a run may have caused, or None.

        Args:
            chosen: The runs, all of one partition.
            may_refill: True if further runs join as places become free.
        """
        try:
            with self._storage.trouble_said():
                self._train_together(chosen, may_refill=may_refill)
        except (UserError, OSError, StoppedError):
            raise
        except Exception as error:  # noqa: BLE001 - a run may fail in any way, the sweep goes on
            _let_go(error)
            return error
        return None

    def _isolate(self, error: Exception, suspects: Sequence[Planned]) -> None:
        """Find the run that failed by bisection, and record it as failed.

        Each half of the runs is trained by itself, from the last checkpoint.

        Args:
            error: The error that training raised.
            suspects: The runs that were trained together.
        """
        left = [planned for planned in suspects if planned.run_id in self._in_hand]
        if not left:
            raise error
        n_together = min(len(left), self._n_places)
        if is_out_of_memory(error) and n_together > 1:
            self._n_places = n_together // 2
            self._watcher.notice(
                f"out of memory with {n_together} runs in a population: continuing with at most "
                f"{self._n_places}"
            )
        if len(left) == 1:
            self._record([self._failed(left[0], error)])
            return
        self._keep_latest(self._keeper.load())
        half = (len(left) + 1) // 2
        if self._definition.pruner is not None:  # a pruner judges whole settings: split none
            ends = setting_ends(left)[:-1]
            half = min(ends, key=lambda end: abs(end - half), default=half)
        for part in (left[:half], left[half:]):
            # A process that slept past its lease has no run in hand any more.
            mine = [planned for planned in part if planned.run_id in self._in_hand]
            again = self._attempt(mine, may_refill=False) if mine else None
            if again is not None:
                self._isolate(again, mine)

    def _failed(self, planned: Planned, error: Exception) -> RunResult:
        member = Member(planned.config, planned.run_id)
        text = "".join(traceback.format_exception(error))
        self._watcher.notice(f"run {planned.run_id} ({planned.row.arm}) failed: {error!r}")
        chance_error = self._task(planned.config).chance_error
        return result_of(member, "failed", chance_error, traceback=text)

    def _train_together(self, chosen: Sequence[Planned], *, may_refill: bool) -> None:
        task = self._task(chosen[0].config)
        training = Training(task, weights_folder=self._folder / "weights")
        pruning = Pruning(self._definition, self._agenda, task.chance_error, folder=self._folder)
        moment = moment_of_answers(self._definition.objective.moment)
        waiting = list(chosen)
        freed: set[int] = set()
        self._keeper.begin()
        while True:
            n_free = self._n_places - len(training.members)
            ordered = sorted(waiting, key=lambda p: method_order(p.config) not in freed)
            n_joining = self._n_joining(ordered, n_free, is_empty=not training.members)
            joining, waiting = ordered[:n_joining], ordered[n_joining:]
            if joining:
                pruning.watch(p for p in joining if not self._agenda.ledger.is_recorded(p.run_id))
                configs = [planned.config for planned in joining]
                answers = {p.run_id: moment for p in joining if p.row.stage == "confirm"}
                training.join(configs, self._snapshots, correct_at=answers)
                self._tell(training.members)
            to_prune = functools.partial(pruning.to_prune, training.members)
            results = training.leave(self._storage.patiently(to_prune))
            if results:
                pruning.note(results)
                self._record(results)
                freed = {method_order(result.config) for result in results}
                if may_refill and not self._leases.stop.is_set():
                    waiting += self._take(chosen[0].partition)
                if waiting:
                    continue
            if not training.members:
                break
            if self._leases.stop.is_set():
                self._keeper.save(training)
                raise StoppedError
            if self._leases.has_lapsed.is_set():
                self._leave_lapsed()
                return
            self._keeper.save_if_due(training)
            training.epoch()
            self._tell(training.members)
        self._keeper.remove()

    def _n_joining(self, waiting: Sequence[Planned], n_free: int, *, is_empty: bool) -> int:
        """Return how many of the waiting runs, from the first on, may join the population now.

        With a pruner, all seeds of a setting join together, because they are judged at the same
        epoch; a setting with more seeds than there are places is trained alone.

        Args:
            waiting: The runs that wait, in the order in which they are to join.
            n_free: Number of free places in the population.
            is_empty: True if the population has no members.
        """
        n_room = max(0, n_free)
        is_cramped = self._n_places < self._definition.population_size  # memory ran out before
        if self._definition.pruner is None or (is_empty and is_cramped):
            return min(n_room, len(waiting))
        ends = setting_ends(waiting)
        fits = [end for end in ends if end <= n_room]
        return max(fits, default=min(ends, default=0) if is_empty else 0)

    def _tell(self, members: Sequence[Member]) -> None:
        self._tracker.on_epoch(
            [m for m in members if not self._agenda.ledger.is_recorded(m.run_id)]
        )
        self._watcher.epoch(members)

    def _record(self, results: Sequence[RunResult]) -> None:
        again = [result for result in results if self._agenda.ledger.is_recorded(result.run_id)]
        new = [result for result in results if not self._agenda.ledger.is_recorded(result.run_id)]
        if new:
            rows = self._agenda.rows_of(result.run_id for result in new)
            self._writer.write(new, rows)
        for result in results:
            del self._in_hand[result.run_id]
            self._snapshots.pop(result.run_id, None)
        self._tracker.finish(new)
        n_other = self._agenda.again.end(again)
        if n_other:
            self._watcher.notice(
                f"{n_other} runs that were trained again for their weights gave other numbers "
                "than recorded (because of other code or another machine): their weights are of "
                "the new training, their records of the earlier one"
            )

    def _leave_lapsed(self) -> None:
        """Drop all runs in training if this process was suspended for longer than its lease."""
        if self._leases.has_lapsed.is_set():
            self._leases.has_lapsed.clear()
            self._in_hand.clear()

    def _give_up(self) -> None:
        self._leases.claim([])
        failed = several(self._agenda.ledger.n_failed, "run")
        msg = (
            f"{failed} failed, and hydra.sweeper.max_failures="
            f"{self._max_failures}: the sweep stops. The column traceback of {self._folder}/runs "
            "says why. Recorded runs are kept; hydra.sweeper.retry_failed=true tries them again."
        )
        raise TooManyFailedError(msg)

    # --- checkpoints ---------------------------------------------------------------------------

    def _read_checkpoints(self, chosen: Sequence[Planned], alive: Collection[str]) -> None:
        """Load the chosen runs from checkpoints of dead workers, each at its latest epoch.

        Args:
            chosen: The runs.
            alive: Names of living workers that hold runs; their checkpoints are not read.
        """
        wanted = {planned.run_id for planned in chosen}
        for path in sorted(self._keeper.path.parent.glob("*.pt")) if wanted else ():
            if path == self._keeper.path or path.stem in alive:
                continue
            try:
                written = path.stat().st_mtime
            except OSError:
                continue  # its worker is done with it
            known_at, held = self._contents.get(path, (math.nan, frozenset()))
            if known_at == written and not held & wanted:
                continue
            found = load_checkpoint(path)
            self._contents[path] = written, frozenset(found)
            self._keep_latest({run: found[run] for run in wanted & found.keys()})

    def _keep_latest(self, found: Mapping[str, Snapshot]) -> None:
        for run, snapshot in found.items():
            known = self._snapshots.get(run)
            if known is None or known.member.epoch < snapshot.member.epoch:
                self._snapshots[run] = snapshot

    def _task(self, config: RunConfig) -> Task:
        return load_task(config.task, Path(config.paths.data))


def is_out_of_memory(error: BaseException) -> bool:
    """Return True if an error means a lack of memory, of the device or of the machine."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error) for text in _NO_MEMORY)
    )


def _let_go(error: BaseException | None) -> None:
    """Clear the frames of an error's tracebacks, which keep the population in memory.

    A population that ran out of memory must be freed before half of it is trained.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
