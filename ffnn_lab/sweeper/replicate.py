"""The agenda of one replicate: it proposes and scores settings, and chooses runs to train next.

Choosing runs needs the sweep's lock. All state comes from the records, which are the truth, and
from the studies, which are restored from the records where they are incomplete. Runs that can be
trained in one population form a partition, see `ffnn_lab.config.partition_key`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ffnn_lab.config import leaves
from ffnn_lab.definition import Arm, Definition
from ffnn_lab.edges import edge_text, setting_edges
from ffnn_lab.progress import Progress, count_progress
from ffnn_lab.protocols import Standing, Values
from ffnn_lab.records import DEFAULT_SETTING
from ffnn_lab.scores import best_settings, is_completed, standing_of
from ffnn_lab.sweeper.batches import Batches
from ffnn_lab.sweeper.ledger import Ledger, recorded_settings
from ffnn_lab.sweeper.reported import report_recorded
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.study import Study
from ffnn_lab.sweeper.units import Planned, Unit, plan_unit

MOST_AHEAD = 8
"""Most runs of other partitions that are proposed while the population of one partition is being
filled, as a multiple of the population size."""


class ReplicateAgenda:
    """One worker's view of one replicate: the study of each arm, and the runs of its settings."""

    def __init__(
        self, definition: Definition, folder: Path, storage: Storage, ledger: Ledger
    ) -> None:
        """Open the study of each arm.

        Args:
            definition: The definition of this replicate, see `Definition.of_replicate`.
            folder: The sweep's folder.
            storage: The storage of the sweep's studies.
            ledger: The records of the whole sweep.
        """
        self._definition = definition
        self._folder = folder
        self._ledger = ledger
        self._arms = {arm.name: arm for arm in definition.arms}
        self._studies = {arm.name: Study(storage, definition, arm) for arm in definition.arms}
        self._units: dict[tuple[str, int], Unit] = {}
        """The runs of each setting of the tune stage that is not scored yet, by arm and number."""
        self._scores: dict[tuple[str, int], dict[str, Any]] = {}
        """The row of `ffnn_lab.scores.setting_scores` of each scored setting, by arm and
        number."""
        self.best: dict[str, int] = {}
        """The number of the best setting of each arm that has a scored setting."""
        self._settings: dict[str, list[Values]] = {name: [] for name in self._arms}
        """The settings that were proposed, by arm; the index in a list is the setting's number."""
        self._confirm: dict[str, list[Unit]] = {}
        """The runs of the confirm stage, by arm; an arm is added when its tuning is done."""

    @property
    def number(self) -> int:
        """Return the number of the replicate."""
        return self._definition.replicate

    @property
    def is_done(self) -> bool:
        """Return True if no run of either stage is left to train, by what was read so far."""
        is_tuned = len(self._confirm) == len(self._arms) and not self._units
        return is_tuned and not any(map(self._ledger.missing, self.open_units()))

    @property
    def is_finished(self) -> bool:
        """Return True if all runs that are needed are recorded, and every setting is scored."""
        replicate = self._definition.replicate
        counts = count_progress(
            self._definition,
            {key: run for key, run in self._ledger.noted.items() if key[0] == replicate},
            self._ledger.recorded,
            {(replicate, arm): setting for arm, setting in self.best.items()},
            n_proposed={(replicate, arm): n for arm, n in self.n_proposed.items()},
        )
        return not self._units and Progress.of(counts).is_complete

    @property
    def n_proposed(self) -> dict[str, int]:
        """Return the number of settings that were proposed, by arm."""
        return {arm: len(settings) for arm, settings in self._settings.items()}

    @property
    def best_scores(self) -> dict[str, float]:
        """Return the lowest tuning score of each arm that has a score."""
        return {arm: self._scores[arm, number]["score"] for arm, number in self.best.items()}

    @property
    def n_left(self) -> int:
        """Count the runs of the replicate that are not recorded.

        If settings are proposed in batches, batches after the current one are not counted. Runs of
        confirm that are not planned yet are counted only once nothing else is left.
        """
        definition = self._definition
        n_unasked = sum(self._n_unasked(arm) for arm in definition.arms)
        n_left = sum(len(self._ledger.missing(unit)) for unit in self.open_units())
        n_left += n_unasked * len(definition.tune_seeds)
        if n_left == 0:  # then what confirm needs is about to be planned
            n_left = len(definition.confirm_seeds) * sum(
                definition.n_confirmed_of(arm)
                for arm in definition.arms
                if arm.name not in self._confirm
            )
        return n_left

    def study_of(self, arm: str) -> Study:
        """Return the study of an arm."""
        return self._studies[arm]

    def open_units(self) -> Iterator[Unit]:
        """Yield the runs of each setting that is not scored yet, then each run of confirm."""
        yield from self._units.values()
        for units in self._confirm.values():
            yield from units

    def is_joined(self, held: Mapping[str, str], me: str) -> bool:
        """Return True if another worker holds a run of this replicate.

        Args:
            held: Maps the id of each run that a living worker holds to that worker's name.
            me: Name of this worker.
        """
        units = self.open_units()
        return any(held.get(planned.run_id, me) != me for unit in units for planned in unit)

    def unit_of(self, arm: str, number: int) -> Unit:
        """Return all runs of a setting of the tune stage, recorded or not.

        The result is empty if the setting is scored already.

        Args:
            arm: Name of the arm.
            number: Number of the setting.
        """
        return self._units.get((arm, number), ())

    def restore(self) -> None:
        """Add to the studies the recorded settings that they lack. Needs the sweep's lock."""
        replicate = self._definition.replicate
        n_noted = dict.fromkeys(self._arms, 0)
        for of_replicate, stage, arm, setting, _ in self._ledger.noted:
            if (of_replicate, stage) == (replicate, "tune") and arm in n_noted:
                n_noted[arm] = max(n_noted[arm], setting + 1)
        lacking = [arm for arm, n in n_noted.items() if not self._studies[arm].is_whole(n)]
        recorded = recorded_settings(self._definition, self._folder) if lacking else {}
        for arm in lacking:
            self._restore_study(self._arms[arm], recorded.get(arm, {}))

    def _restore_study(self, arm: Arm, settings: Mapping[int, Values]) -> None:
        study, protocol = self._studies[arm.name], self._definition.protocol
        is_sampled = self._definition.way.is_sampled
        study.restore(settings)
        for number in range(len(study), max(settings, default=-1) + 1):
            is_known = number in settings
            # A batch is proposed by the scores of earlier batches, and by none of its own.
            is_due = number % protocol.n_parallel == 0 if is_sampled else not is_known
            if is_due:
                self._see_new(arm, may_complete=True)
                self.score(may_tell=True, arm=arm.name)
            if is_known:
                study.begin(settings[number])
                continue
            # A setting in training when later ones were recorded: propose it as it was then.
            self._see_new(arm, may_complete=True)
            if study.ask(self._settings[arm.name], self._standing(arm)) is None:
                # The setting is lost. Numbers must stay as recorded, so the next one stands in.
                study.begin(settings[min(n for n in settings if n > number)])
        if is_sampled:
            self._see_new(arm, may_complete=True)
            self._complete_batch(arm)

    def see(self, *, may_complete: bool) -> None:
        """Read the settings that any worker proposed since the last call, and plan their runs.

        Args:
            may_complete: True if the sweep's lock is held: then a setting, or a batch, that was
                cut off while it was proposed is completed.
        """
        for arm in self._definition.arms:
            self._see_new(arm, may_complete=may_complete)
            if may_complete and self._definition.way.is_sampled:
                self._complete_batch(arm)

    def take(
        self, n_places: int, held: Mapping[str, str], me: str, *, partition: str | None = None
    ) -> list[Planned]:
        """Choose the runs to train next, all of one partition: runs that can be trained together.

        Must be called under the sweep's lock, after `see` under it. If runs are missing, settings
        are proposed, and runs of confirm are planned.

        Args:
            n_places: Number of runs wanted. A few more may be chosen, because settings are not
                split.
            held: Maps the id of each run that a living worker holds to that worker's name.
            me: Name of this worker.
            partition: The `partition_key` of the runs; None for the partition with the most runs.

        Returns:
            The chosen runs; empty if there are none.
        """
        while True:
            free = self._free(held, me)
            sizes: dict[str, int] = {}
            for unit in free:
                sizes[unit[0].partition] = sizes.get(unit[0].partition, 0) + len(unit)
            wanted = partition or max(sizes, key=lambda key: sizes[key], default="")
            n_missing = n_places - sizes.get(wanted, 0)
            # Settings of other partitions that are proposed meanwhile wait; limit their number.
            ahead = sum(sizes.values()) - sizes.get(wanted, 0)
            if n_missing <= 0 or ahead >= MOST_AHEAD * self._definition.population_size:
                break
            if not self._ask_round(n_missing):
                break
        chosen: dict[str, Planned] = {}
        for unit in free:
            if unit[0].partition == wanted and len(chosen) < n_places:
                chosen.update({planned.run_id: planned for planned in unit})
        return list(chosen.values())

    def _free(self, held: Mapping[str, str], me: str) -> list[list[Planned]]:
        """Return, for each unit, its runs that are neither recorded nor held by any worker.

        Units without such runs are left out, and a run of several units is returned once. With a
        pruner two more kinds of units are left out: those of which another worker holds a run, and
        those of settings that must wait, because the pruner compares a setting with the arm's
        earlier batches (see `Batches`), and some of these are not scored yet.

        Args:
            held: Maps the id of each run that a living worker holds to that worker's name.
            me: Name of this worker.
        """
        is_pruning = self._definition.pruner is not None
        batches = self._batches()
        free = []
        taken: set[str] = set()
        for unit in self.open_units():
            row = unit[0].row
            if is_pruning and not batches.knows_enough(row.arm, row.setting):
                continue
            missing = self._ledger.missing(unit)
            if is_pruning and any(held.get(p.run_id, me) != me for p in missing):
                continue
            mine = [p for p in missing if p.run_id not in held and p.run_id not in taken]
            taken.update(planned.run_id for planned in mine)
            if mine:
                free.append(mine)
        return free

    def _see_new(self, arm: Arm, *, may_complete: bool) -> None:
        """Add the settings of an arm that were proposed since the last call, and plan their runs.

        Args:
            arm: The arm.
            may_complete: True if the sweep's lock is held, as in `see`.
        """
        known = len(self._settings[arm.name])
        for values in self._studies[arm.name].settings(known, may_complete=may_complete):
            self._see(arm, values)

    def _see(self, arm: Arm, values: Values) -> None:
        """Add a setting to an arm with the next free number, and plan its runs."""
        number = len(self._settings[arm.name])
        self._settings[arm.name].append(values)
        seeds = self._definition.tune_seeds
        self._units[arm.name, number] = plan_unit(
            "tune", arm, number, values, seeds, replicate=self.number
        )

    def _n_unasked(self, arm: Arm) -> int:
        """Count the settings of an arm that are still to be proposed.

        If settings are proposed in batches, only those of the current batch are counted.
        """
        n_asked, n_settings = len(self._settings[arm.name]), self._definition.n_settings_of(arm)
        if self._definition.is_batched:
            return self._batches().n_askable(arm.name, n_asked, n_settings)
        return max(0, n_settings - n_asked)

    def _ask_round(self, n_missing: int) -> bool:
        """Go through the arms once, and add runs of each until enough are added.

        An arm gets its next setting, or its next batch of settings if the protocol learns from
        scores. An arm that can propose nothing and whose settings are all scored gets the runs of
        its confirm stage.

        Args:
            n_missing: Number of runs wanted; arms after the one that reaches it get none.

        Returns:
            True if a setting was proposed or a confirm stage was planned.
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
        """Propose the next setting of an arm, and return True if there is such a setting."""
        values = self._studies[arm.name].ask(self._settings[arm.name], self._standing(arm))
        if values is not None:
            self._see(arm, values)
        return values is not None

    def _may_ask(self, arm: Arm) -> bool:
        """Return True if the next setting of an arm can be proposed.

        All settings must be scored whose scores the proposal may depend on.
        """
        number = len(self._settings[arm.name])
        return not self._definition.is_batched or self._batches().knows_enough(arm.name, number)

    def _batches(self) -> Batches:
        return Batches(self._units, self._definition.protocol.n_parallel)

    def _complete_batch(self, arm: Arm) -> int:
        """Propose the missing settings of a batch that was begun, and return their number.

        Proposals must not depend on scores of their own batch. So a batch that was interrupted is
        completed before any of its settings is scored.
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
        """Return the scores of an arm's settings, as the table of `scores.setting_scores`."""
        return pd.DataFrame([row for key, row in self._scores.items() if key[0] == arm.name])

    def _standing(self, arm: Arm) -> Standing | None:
        """Return the ranking of an arm's settings on a growing grid.

        The result is None while some settings are not scored, and for protocols that do not grow.
        """
        grows = self._definition.way.grows
        if not grows or arm.name not in self.best or not self._is_scored(arm):
            return None
        return standing_of(self._scores_of(arm))

    def _plan_confirm(self, arm: Arm) -> list[Unit]:
        """Plan the runs of an arm's winner and of its untuned default on fresh seeds.

        Returns:
            One unit for each run; none if the arm has no best setting or the sweep no confirm
            seeds.
        """
        definition, best = self._definition, self.best.get(arm.name)
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
            plan_unit("confirm", arm, setting, own, [seed], replicate=self.number, edges=text)
            for setting, own, text in settings
            for seed in definition.confirm_seeds
        ]

    def score(self, *, may_tell: bool, arm: str | None = None) -> None:
        """Score the settings whose runs are all recorded.

        Args:
            may_tell: True if the sweep's lock is held: then scores are told to their study.
            arm: The arm whose settings are scored; None for all arms.
        """
        ready = {
            key: unit
            for key, unit in self._units.items()
            if arm in (None, key[0]) and not self._ledger.missing(unit)
        }
        if not ready:
            return
        found, value_of = self._ledger.scores_of(list(ready.values()))
        if may_tell:  # First: if the connection breaks meanwhile, all of it is told again.
            for (name, number), unit in ready.items():
                if self._definition.pruner is not None:
                    report_recorded(
                        self._studies[name],
                        number,
                        unit,
                        ledger=self._ledger,
                        folder=self._folder,
                        objective=self._definition.objective,
                    )
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
        rivals = dict.fromkeys([*self.best.items(), *ready])
        self.best = best_settings(pd.DataFrame([self._scores[key] for key in rivals]))
