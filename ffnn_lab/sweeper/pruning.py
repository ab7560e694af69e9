"""Stop settings early: an Optuna pruner judges a setting's score over seeds after each epoch."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ffnn_lab.definition import Definition
from ffnn_lab.population import Member
from ffnn_lab.records import CurvePoint, RunResult
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.reported import recorded_curves, score_at
from ffnn_lab.sweeper.units import Planned

Key = tuple[int, str, int]
"""A replicate, an arm and the number of a setting."""


class Pruning:
    """Watches the settings in one population, and chooses after each epoch which of them stop.

    A setting is judged only while the runs of all its seeds are in the population, at the same
    epoch. A run that was recorded before counts as well if it diverged. A setting with any other
    run that was recorded before is not judged.
    """

    def __init__(
        self, definition: Definition, agenda: Agenda, chance_error: float, *, folder: Path
    ) -> None:
        """Start without settings to watch.

        Args:
            definition: The sweep.
            agenda: This worker's agenda, which has the studies.
            chance_error: The error that a diverged run of this population is assigned.
            folder: The sweep's folder, which has the records.
        """
        self._folder = folder
        self._chance_error = chance_error
        self._objective = definition.objective
        self._is_on = definition.pruner is not None
        self._n_seeds = len(definition.tune_seeds)
        self._agenda = agenda
        self._settings: dict[Key, dict[str, Planned]] = {}
        self._scores: dict[Key, list[float]] = {}
        """Scores of each setting, after each epoch that was reported to its study."""
        self._pruned: set[Key] = set()
        self._ended: dict[str, Sequence[CurvePoint]] = {}
        """Curves of the runs that ended, by run id."""

    def watch(self, joining: Iterable[Planned]) -> None:
        """Begin to watch the settings of runs that join the population.

        Args:
            joining: The runs that join. Runs of the confirm stage are ignored, and so are all runs
                of a sweep without a pruner.
        """
        for planned in joining:
            if self._is_on and planned.row.stage == "tune":
                key = planned.row.replicate, planned.row.arm, planned.row.setting
                if key not in self._settings:
                    self._settings[key] = self._diverged(key)
                self._settings[key][planned.run_id] = planned

    def _diverged(self, key: Key) -> dict[str, Planned]:
        """Return the recorded runs of a setting that diverged, by id, and keep their curves."""
        ledger = self._agenda.ledger
        found = {p.run_id: p for p in self._agenda.unit_of(*key) if ledger.has_diverged(p.run_id)}
        if found:
            self._ended.update(recorded_curves(self._folder, list(found)))
        return found

    def note(self, results: Sequence[RunResult]) -> None:
        """Keep the curves of runs that ended, since other seeds of their settings may go on."""
        if self._is_on:
            self._ended.update({result.run_id: result.curve for result in results})

    def to_prune(self, members: Sequence[Member]) -> set[str]:
        """Report each setting's scores at new epochs to its study, and find the settings to prune.

        Args:
            members: The members of the population.

        Returns:
            The ids of the members that are to be stopped.
        """
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
        # A run that waits for a place has trained no epoch; one that ended counts as it ended.
        n_started = len(epochs) + sum(run in self._ended for run in runs)
        reached = min(epochs, default=0) if n_started == self._n_seeds else 0
        last = max(planned.config.trainer.max_epochs for planned in runs.values())
        known = self._scores.setdefault(key, [])
        for epoch in range(len(known) + 1, min(reached, last - 1) + 1):
            curves = [inside[run].curve if run in inside else self._ended[run] for run in runs]
            score = score_at(epoch, curves, self._objective, chance_error=self._chance_error)
            replicate, arm, number = key
            study = self._agenda.study_of(replicate, arm)
            is_pruned = study.should_prune(number, [*known, score])
            known.append(score)  # Last, so that a report that was interrupted is repeated.
            if is_pruned:
                self._pruned.add(key)
                return
