"""Stop settings early: Optuna's pruners judge a setting's score over its seeds by epochs."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from ffnn_lab.definition import Definition
from ffnn_lab.moments import points_at
from ffnn_lab.population import Member
from ffnn_lab.records import RunResult
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.units import Planned

Key = tuple[int, str, int]
"""A replicate, an arm and the number of a setting."""
_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "worst": max,
}


class Pruning:
    """Watches the settings that one population trains as a whole.

    A setting whose seeds are not all among those watched is left alone: part of it was trained
    before, or by another worker.
    """

    def __init__(self, definition: Definition, agenda: Agenda, chance_error: float) -> None:
        """Watch nothing yet.

        Args:
            definition: The sweep.
            agenda: This worker's, which has the studies.
            chance_error: What a diverged run of this population's task counts as.
        """
        self._chance_error = chance_error
        self._objective = definition.objective
        self._is_on = definition.pruner is not None
        self._n_seeds = len(definition.tune_seeds)
        self._agenda = agenda
        self._settings: dict[Key, dict[str, Planned]] = {}
        self._n_reported: dict[Key, int] = {}
        self._pruned: set[Key] = set()
        self._ended: dict[str, RunResult] = {}

    def watch(self, joining: Iterable[Planned]) -> None:
        """Watch these runs' settings."""
        for planned in joining:
            if self._is_on and planned.row.stage == "tune":
                key = planned.row.replicate, planned.row.arm, planned.row.setting
                self._settings.setdefault(key, {})[planned.run_id] = planned

    def note(self, results: Sequence[RunResult]) -> None:
        """Keep what runs came to while other seeds of their setting go on."""
        if self._is_on:
            self._ended.update({result.run_id: result for result in results})

    def to_prune(self, members: Sequence[Member]) -> set[str]:
        """Report each setting's new epochs to its study, and name the runs that are to stop."""
        if not self._settings:
            return set()
        inside = {member.run_id: member for member in members}
        for key, runs in list(self._settings.items()):
            if all(run in self._ended for run in runs) and len(runs) == self._n_seeds:
                del self._settings[key]
            elif len(runs) == self._n_seeds and key not in self._pruned:
                self._report(key, runs, inside)
        return {
            run for key in self._pruned for run in self._settings.get(key, {}) if run in inside
        }

    def _report(self, key: Key, runs: Mapping[str, Planned], inside: dict[str, Member]) -> None:
        epochs = [inside[run].epoch for run in runs if run in inside]
        # One that waits for a place has done none; one that ended is no hindrance.
        n_started = len(epochs) + sum(run in self._ended for run in runs)
        reached = min(epochs, default=0) if n_started == self._n_seeds else 0
        last = max(planned.config.trainer.max_epochs for planned in runs.values())
        first = self._n_reported.get(key, 0) + 1
        for epoch in range(first, min(reached, last - 1) + 1):
            values = [self._value(run, epoch, inside) for run in runs]
            score = _AGGREGATES[self._objective.aggregate](values)
            replicate, arm, number = key
            is_pruned = self._agenda.study_of(replicate, arm).should_prune(number, epoch, score)
            self._n_reported[key] = epoch  # Last: what was cut off is reported again.
            if is_pruned:
                self._pruned.add(key)
                return

    def _value(self, run: str, epoch: int, inside: dict[str, Member]) -> float:
        """Return what a run's objective would be if it ended at an epoch."""
        split, metric = self._objective.split, self._objective.metric
        member = inside.get(run)
        curve = self._ended[run].curve if member is None else member.curve
        points = [point for point in curve if point.epoch <= epoch]
        if not points or points[-1].epoch < epoch:  # it diverged before
            return self._chance_error if metric == "error" else math.inf
        moment, n_last = self._objective.moment, self._objective.n_last
        found = points_at(points, moment, split, n_last=n_last)
        return statistics.fmean(float(getattr(point, metric)) for point in found)
