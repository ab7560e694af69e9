"""The agenda of a sweep: it proposes and scores settings, and chooses runs to train next.

Whoever takes from the agenda holds the sweep's lock. Everything it knows comes from the records,
which are the truth, and from the studies, which are restored from the records where they lack
something.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ffnn_lab.config import leaves, partition_key, run_id, with_values
from ffnn_lab.definition import Arm, Definition
from ffnn_lab.edges import edge_text, setting_edges
from ffnn_lab.progress import Progress, count_progress
from ffnn_lab.protocols import Standing, Values
from ffnn_lab.records import DEFAULT_SETTING, RecordWriter, TrialRow, read_runs, read_trials
from ffnn_lab.scores import best_settings, is_completed, standing_of
from ffnn_lab.sweeper.ledger import Ledger
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from ffnn_lab.sweeper.units import Planned, Unit
from ffnn_lab.sweeper.weights import Again

MOST_AHEAD = 8
"""Populations of other partitions, at most, that are proposed while one is being filled."""


class Agenda:
    """One worker's view of the sweep."""

    def __init__(self, definition: Definition, folder: Path, storage: Storage) -> None:
        """Read the records and open the studies.

        Args:
            definition: The sweep.
            folder: Its folder.
            storage: Where its studies are.
        """
        self._definition = definition
        self._folder = folder
        self._storage = storage
        self.reopen()

    def reopen(self) -> None:
        """Forget everything, and read the records and open the studies anew."""
        definition = self._definition
        self._arms = {arm.name: arm for arm in definition.arms}
        self._studies = {
            arm.name: Study(self._storage, definition, arm) for arm in definition.arms
        }
        self.ledger = Ledger(definition, self._folder)
        self._units: dict[tuple[str, int], Unit] = {}
        """Tuned settings that are not scored yet, by arm and number."""
        self._scores: dict[tuple[str, int], dict[str, Any]] = {}
        self._best: dict[str, int] = {}
        self._settings: dict[str, list[Values]] = {name: [] for name in self._arms}
        """The settings that were proposed, by arm and number."""
        self._confirm: dict[str, list[Unit]] = {}
        """Runs of the confirm stage, by arm, of the arms that are tuned."""
        self.again = Again(definition, self._folder)
        """Recorded runs that are trained again for their weights."""

    @property
    def is_done(self) -> bool:
        """Return True if nothing was left to train at the last look."""
        is_tuned = len(self._confirm) == len(self._arms) and not self._units
        is_trained = is_tuned and not any(map(self.ledger.missing, self._open_units()))
        return is_trained and not self.again.is_left

    @property
    def is_scored(self) -> bool:
        """Return True if every setting that was proposed is scored."""
        return not self._units

    def study_of(self, arm: str) -> Study:
        """Return the study of an arm."""
        return self._studies[arm]

    def restore(self) -> None:
        """Add to the studies what the records have beyond them. Needs the sweep's lock."""
        trials = read_trials(self._folder)
        trials = trials[trials["stage"] == "tune"].drop_duplicates(["arm", "setting"])
        if trials.empty:
            return
        runs = read_runs(self._folder).set_index("run_id")["config_json"]
        recorded: dict[str, dict[int, Values]] = {name: {} for name in self._arms}
        for arm_name, number, run in zip(
            trials["arm"], trials["setting"], trials["run_id"], strict=True
        ):
            if arm_name in self._arms and run in runs.index:
                stored = json.loads(runs[run])
                space = self._arms[arm_name].space
                recorded[arm_name][int(number)] = {key: stored[key] for key in space}
        for name, settings in recorded.items():
            self._restore_study(self._arms[name], settings)

    def _restore_study(self, arm: Arm, settings: Mapping[int, Values]) -> None:
        study = self._studies[arm.name]
        study.restore(settings)
        for number in range(len(study), max(settings, default=-1) + 1):
            if number in settings:
                study.begin(settings[number])
                continue
            # What was in flight when the rest was recorded: as it was proposed then.
            self.look()
            if study.ask(self._settings[arm.name], self._standing(arm)) is None:
                # It cannot be known; numbers must stay as recorded, so the next stands in.
                study.begin(settings[min(n for n in settings if n > number)])

    def look(self, writer: RecordWriter | None = None) -> None:
        """Take in what was recorded and proposed since the last look.

        Args:
            writer: Given by whoever holds the sweep's lock. Then settings whose runs are all
                recorded are told to their study, and runs that serve a setting are noted for it.
        """
        self.ledger.refresh()
        for arm in self._definition.arms:
            known = len(self._settings[arm.name])
            may_complete = writer is not None
            for values in self._studies[arm.name].settings(known, may_complete=may_complete):
                self._see(arm, values)
        if writer is not None:
            self.note_known(writer)
        self._score(may_tell=writer is not None)

    def take(
        self, n_places: int, held: Mapping[str, str], me: str, *, partition: str | None = None
    ) -> list[Planned]:
        """Choose runs of one partition to train next; settings stay whole.

        Needs the sweep's lock, and a `look` that was given a writer.

        Args:
            n_places: Number of runs wanted; a setting's seeds may make it a few more.
            held: The holder of each run that a living worker holds.
            me: The name of this worker.
            partition: The partition; None for the one that has most runs.
        """
        while True:
            free = self._free(held, me)
            sizes: dict[str, int] = {}
            for unit in free:
                sizes[unit[0].partition] = sizes.get(unit[0].partition, 0) + len(unit)
            wanted = partition or max(sizes, key=lambda key: sizes[key], default="")
            n_missing = n_places - sizes.get(wanted, 0)
            # Settings of other partitions that are asked for on the way wait; not too many.
            ahead = sum(sizes.values()) - sizes.get(wanted, 0)
            if n_missing <= 0 or ahead >= MOST_AHEAD * self._definition.population_size:
                break
            if not self._ask_round(n_missing, held, me, is_first=not free):
                break
        chosen: dict[str, Planned] = {}
        for unit in free:
            if unit[0].partition == wanted and len(chosen) < n_places:
                chosen.update({planned.run_id: planned for planned in unit})
        if not chosen and partition is None:
            # These come last, so that they move no proposal.
            return self.again.take(max(n_places, self._definition.population_size), held)
        return list(chosen.values())

    def share(self, n_workers: int) -> int:
        """Return one worker's equal share of the runs that are not recorded, at least 1.

        Runs of confirm are counted only where nothing else is left.
        """
        n_seeds = len(self._definition.tune_seeds)
        n_unasked = sum(
            max(0, self._definition.n_settings_of(arm) - len(self._settings[arm.name]))
            for arm in self._definition.arms
        )
        n_left = sum(len(self.ledger.missing(unit)) for unit in self._open_units())
        n_left += n_unasked * n_seeds
        if n_left == 0:  # then what confirm needs is about to be planned
            n_left = len(self._definition.confirm_seeds) * sum(
                self._definition.n_confirmed_of(arm)
                for arm in self._definition.arms
                if arm.name not in self._confirm
            )
        return max(1, math.ceil(n_left / n_workers))

    def rows_of(self, runs: Iterable[str]) -> list[TrialRow]:
        """Return the rows of ``trials`` that runs serve and that are not noted yet; note them."""
        return self.ledger.rows_to_note(self._open_units(), runs)

    def note_known(self, writer: RecordWriter) -> None:
        """Note recorded runs for every setting that they serve."""
        known = self.ledger.known_but_not_noted(self._open_units())
        if known:
            writer.write([], self.rows_of(known))

    def progress(self) -> Progress:
        """Return how far the sweep is."""
        counts = count_progress(
            self._definition,
            self.ledger.noted,
            self.ledger.recorded,
            self._best,
            n_proposed={arm: len(settings) for arm, settings in self._settings.items()},
        )
        best = {arm: self._scores[arm, number]["score"] for arm, number in self._best.items()}
        return Progress.of(counts, best)

    def _open_units(self) -> Iterator[Unit]:
        yield from self._units.values()
        for units in self._confirm.values():
            yield from units

    def _free(self, held: Mapping[str, str], me: str) -> list[list[Planned]]:
        """Return the runs of each unit that nobody holds.

        Where settings are pruned, a unit of which another worker holds a run is left to it.
        """
        is_pruning = self._definition.pruner is not None
        free = []
        taken: set[str] = set()
        for unit in self._open_units():
            missing = self.ledger.missing(unit)
            if is_pruning and any(held.get(p.run_id, me) != me for p in missing):
                continue
            mine = [p for p in missing if p.run_id not in held and p.run_id not in taken]
            taken.update(planned.run_id for planned in mine)
            if mine:
                free.append(mine)
        return free

    def _see(self, arm: Arm, values: Values) -> None:
        """Take in the next setting of an arm."""
        number = len(self._settings[arm.name])
        self._settings[arm.name].append(values)
        seeds = self._definition.tune_seeds
        self._units[arm.name, number] = self._plan("tune", arm, number, values, seeds)

    def _plan(
        self,
        stage: str,
        arm: Arm,
        setting: int,
        values: Values,
        seeds: Sequence[int],
        *,
        edges: str = "",
    ) -> Unit:
        """Plan the runs of a setting."""
        unit = []
        for seed in seeds:
            config = with_values(arm.config, {**values, "seed": seed})
            row = TrialRow(stage, arm.name, setting, seed, run_id(config), edges)
            unit.append(Planned(row, config, partition_key(config)))
        return unit

    def _ask_round(
        self, n_missing: int, held: Mapping[str, str], me: str, *, is_first: bool
    ) -> bool:
        """Propose one more setting of each arm in turn, or plan the confirm stage of a tuned arm.

        Returns:
            True if any runs were added.
        """
        definition = self._definition
        n_seeds = len(definition.tune_seeds)
        has_asked = False
        for arm in definition.arms:
            if n_missing <= 0:
                break
            if arm.name in self._confirm:
                continue
            if definition.way.is_sampled:
                # What these propose depends on what was scored: ask for no part of a setting,
                # and for no more at a time than the definition says.
                fits = n_missing >= min(n_seeds, definition.population_size)
                n_own = sum(
                    key[0] == arm.name and all(held.get(p.run_id, me) == me for p in unit)
                    for key, unit in self._units.items()
                )
                if n_own >= definition.n_parallel or not (fits or (is_first and not has_asked)):
                    continue
            known = self._settings[arm.name]
            values = self._studies[arm.name].ask(known, self._standing(arm))
            if values is not None:
                self._see(arm, values)
                n_missing -= n_seeds
                has_asked = True
            elif self._is_scored(arm):
                self._confirm[arm.name] = self._plan_confirm(arm)
                n_missing -= sum(len(unit) for unit in self._confirm[arm.name])
                has_asked = True
        return has_asked

    def _is_scored(self, arm: Arm) -> bool:
        return not any(name == arm.name for name, _ in self._units)

    def _scores_of(self, arm: Arm) -> pd.DataFrame:
        """Tabulate the scores of an arm's settings, as `scores.setting_scores` does."""
        return pd.DataFrame([row for key, row in self._scores.items() if key[0] == arm.name])

    def _standing(self, arm: Arm) -> Standing | None:
        """Compare the settings of a growing grid; None while some are not scored."""
        grows = self._definition.way.grows
        if not grows or arm.name not in self._best or not self._is_scored(arm):
            return None
        return standing_of(self._scores_of(arm))

    def _plan_confirm(self, arm: Arm) -> list[Unit]:
        """Plan the runs of an arm's winner and of its untuned default on fresh seeds."""
        definition, best = self._definition, self._best.get(arm.name)
        if best is None or not definition.confirm_seeds:
            return []
        tried = self._settings[arm.name]
        values = tried[best]
        scores = self._scores_of(arm)
        failed = [tried[number] for number in scores.loc[~is_completed(scores), "setting"]]
        edges = edge_text(setting_edges(arm.space, values, tried=tried, failed=failed))
        settings: list[tuple[int, Values, str]] = [(best, values, edges)]
        if definition.n_confirmed_of(arm) > 1:
            default = leaves(arm.config)
            settings.append((DEFAULT_SETTING, {key: default[key] for key in arm.space}, ""))
        return [
            self._plan("confirm", arm, setting, own, [seed], edges=text)
            for setting, own, text in settings
            for seed in definition.confirm_seeds
        ]

    def _score(self, *, may_tell: bool) -> None:
        """Score the settings whose runs are all recorded."""
        ready = {k: unit for k, unit in self._units.items() if not self.ledger.missing(unit)}
        if not ready:
            return
        found, value_of = self.ledger.scores_of(list(ready.values()))
        if may_tell:  # First: what is told and lost with its connection is told again.
            for (arm, number), unit in ready.items():
                score = found[arm, number]
                self._studies[arm].tell(
                    number,
                    score["score"],
                    spread=score["spread"],
                    seeds={planned.row.seed: value_of[planned.run_id] for planned in unit},
                    n_diverged=int(score["n_diverged"]),
                    has_failed=bool(score["n_failed"]),
                )
        for key in ready:
            self._scores[key] = found[key]
            del self._units[key]
        rivals = dict.fromkeys([*self._best.items(), *ready])
        self._best = best_settings(pd.DataFrame([self._scores[key] for key in rivals]))
