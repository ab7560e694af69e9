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
from ffnn_lab.sweeper.batches import Batches
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

    def unit_of(self, arm: str, number: int) -> Unit:
        """Return all runs of a tuned setting that is not scored yet, recorded ones included."""
        return self._units.get((arm, number), ())

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
        study, protocol = self._studies[arm.name], self._definition.protocol
        is_sampled = self._definition.way.is_sampled
        self.ledger.refresh()
        study.restore(settings)
        for number in range(len(study), max(settings, default=-1) + 1):
            is_known = number in settings
            # A batch knows the scores of those before it, and of none of its own.
            is_due = number % protocol.n_parallel == 0 if is_sampled else not is_known
            if is_due:
                self._see_new(arm, may_complete=True)
                self._score(may_tell=True, arm=arm.name)
            if is_known:
                study.begin(settings[number])
                continue
            # What was in flight when the rest was recorded: as it was proposed then.
            self._see_new(arm, may_complete=True)
            if study.ask(self._settings[arm.name], self._standing(arm)) is None:
                # It cannot be known; numbers must stay as recorded, so the next stands in.
                study.begin(settings[min(n for n in settings if n > number)])
        if is_sampled:
            self._see_new(arm, may_complete=True)
            self._complete_batch(arm)

    def look(self, writer: RecordWriter | None = None) -> None:
        """Take in what was recorded and proposed since the last look.

        Args:
            writer: Given by whoever holds the sweep's lock. Then settings whose runs are all
                recorded are told to their study, and runs that serve a setting are noted for it.
        """
        self.ledger.refresh()
        for arm in self._definition.arms:
            self._see_new(arm, may_complete=writer is not None)
            if writer is not None and self._definition.way.is_sampled:
                self._complete_batch(arm)
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
            if not self._ask_round(n_missing):
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

        Where settings are taken in batches, later batches are not counted; nor are runs of confirm
        while anything else is left.
        """
        n_seeds = len(self._definition.tune_seeds)
        n_unasked = sum(self._n_unasked(arm) for arm in self._definition.arms)
        n_left = sum(len(self.ledger.missing(unit)) for unit in self._open_units())
        n_left += n_unasked * n_seeds
        if n_left == 0:  # then what confirm needs is about to be planned
            n_left = len(self._definition.confirm_seeds) * sum(
                self._definition.n_confirmed_of(arm)
                for arm in self._definition.arms
                if arm.name not in self._confirm
            )
        return max(1, math.ceil(n_left / n_workers))

    def _n_unasked(self, arm: Arm) -> int:
        """Count the settings of an arm that are to be proposed; in batches, those of the next."""
        n_asked, n_settings = len(self._settings[arm.name]), self._definition.n_settings_of(arm)
        if self._definition.is_batched:
            return self._batches().n_askable(arm.name, n_asked, n_settings)
        return max(0, n_settings - n_asked)

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

        Where settings are pruned, a unit of which another worker holds a run is left to it, and a
        setting whose pruner would have to know the scores of earlier batches waits for these.
        """
        is_pruning = self._definition.pruner is not None
        batches = self._batches()
        free = []
        taken: set[str] = set()
        for unit in self._open_units():
            row = unit[0].row
            if is_pruning and not batches.knows_enough(row.arm, row.setting):
                continue
            missing = self.ledger.missing(unit)
            if is_pruning and any(held.get(p.run_id, me) != me for p in missing):
                continue
            mine = [p for p in missing if p.run_id not in held and p.run_id not in taken]
            taken.update(planned.run_id for planned in mine)
            if mine:
                free.append(mine)
        return free

    def _see_new(self, arm: Arm, *, may_complete: bool) -> None:
        """Take in the settings of an arm that were proposed since the last look."""
        known = len(self._settings[arm.name])
        for values in self._studies[arm.name].settings(known, may_complete=may_complete):
            self._see(arm, values)

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

    def _ask_round(self, n_missing: int) -> bool:
        """Propose more settings of each arm in turn, or plan the confirm stage of a tuned arm.

        Of a protocol that learns from scores that is a whole batch, of any other one setting.

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
            n_asked = int(self._may_ask(arm) and self._ask(arm))
            if n_asked and definition.way.is_sampled:
                n_asked += self._complete_batch(arm)
            if n_asked:
                n_missing -= n_asked * n_seeds
                has_asked = True
            elif self._is_scored(arm):
                self._confirm[arm.name] = self._plan_confirm(arm)
                n_missing -= sum(len(unit) for unit in self._confirm[arm.name])
                has_asked = True
        return has_asked

    def _ask(self, arm: Arm) -> bool:
        """Propose the next setting of an arm, and return True if there is one."""
        values = self._studies[arm.name].ask(self._settings[arm.name], self._standing(arm))
        if values is not None:
            self._see(arm, values)
        return values is not None

    def _may_ask(self, arm: Arm) -> bool:
        """Return True if all is scored that the next setting of an arm may depend on."""
        number = len(self._settings[arm.name])
        return not self._definition.is_batched or self._batches().knows_enough(arm.name, number)

    def _batches(self) -> Batches:
        return Batches(self._units, self._definition.protocol.n_parallel)

    def _complete_batch(self, arm: Arm) -> int:
        """Propose the rest of a batch that was begun, and return how many settings that is.

        The settings of a batch know nothing of one another's scores. So one that was cut off is
        completed before anything else is done with it.
        """
        n_asked = 0
        while len(self._settings[arm.name]) % self._definition.protocol.n_parallel:
            if not self._ask(arm):
                break
            n_asked += 1
        return n_asked

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

    def _score(self, *, may_tell: bool, arm: str | None = None) -> None:
        """Score the settings whose runs are all recorded, of one arm or of all."""
        ready = {
            key: unit
            for key, unit in self._units.items()
            if arm in (None, key[0]) and not self.ledger.missing(unit)
        }
        if not ready:
            return
        found, value_of = self.ledger.scores_of(list(ready.values()))
        if may_tell:  # First: what is told and lost with its connection is told again.
            for (name, number), unit in ready.items():
                score = found[name, number]
                self._studies[name].tell(
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
