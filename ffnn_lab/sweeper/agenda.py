"""What a sweep still needs: asks for settings, scores them, and says which runs are to be trained.

Whoever takes from the agenda holds the sweep's lock. All it knows comes from the records, which
are the truth, and from the studies, which are made again from the records where they lack
something.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from ffnn_lab.config import leaves, partition_key, run_id, with_values
from ffnn_lab.definition import SAMPLED, Arm, Definition
from ffnn_lab.edges import edge_text, setting_edges
from ffnn_lab.records import (
    DEFAULT_SETTING,
    RecordWriter,
    TableReader,
    TrialRow,
    read_runs,
    read_trials,
)
from ffnn_lab.scores import (
    Standing,
    best_settings,
    counted,
    is_completed,
    objective_column,
    score_columns,
    setting_scores,
    with_moment,
)
from ffnn_lab.sweeper.growth import Values
from ffnn_lab.sweeper.protocols import ask, begin, pruner_of, setting_of
from ffnn_lab.sweeper.storage import Storage
from ffnn_lab.sweeper.units import Planned, Unit
from ffnn_lab.sweeper.weights import Again

MOST_AHEAD = 8
"""Populations of other partitions, at most, that are asked for while one is being filled."""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is; a run that serves two arms counts twice."""

    n_done: Mapping[str, int]
    """Runs recorded, by stage."""
    n_asked: Mapping[str, int]
    """Runs asked for so far, or sure to be, by stage."""
    best: Mapping[str, float]
    """The lowest tuning score of each arm that has one."""


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
        """Forget all that is known, and read the records and open the studies anew."""
        definition, folder, storage = self._definition, self._folder, self._storage
        self._arms = {arm.name: arm for arm in definition.arms}
        self._studies = {
            arm.name: storage.open_study(f"{definition.name}/{arm.name}")
            for arm in definition.arms
        }
        for arm in definition.arms:
            self._studies[arm.name].pruner = pruner_of(definition, arm)
        self._uses_curves = definition.objective.moment == "mean_last"
        self._runs_reader = TableReader(folder, "runs", score_columns(definition.objective))
        self._trials_reader = TableReader(folder, "trials")
        columns = ["run_id", "epoch", "split", "loss", "error"]
        self._curves_reader = TableReader(folder, "curves", columns)
        self._curves = pd.DataFrame(columns=columns)
        self._runs: dict[str, dict[str, Any]] = {}
        self._noted: dict[tuple[str, str, int, int], str] = {}
        """The run of each row of ``trials``, by stage, arm, setting and seed."""
        self._units: dict[tuple[str, int], Unit] = {}
        """Tuned settings that are not scored yet, by arm and number."""
        self._scores: dict[tuple[str, int], dict[str, Any]] = {}
        self._best: dict[str, int] = {}
        self._settings: dict[str, list[Values]] = {name: [] for name in self._arms}
        """Those that were asked for, by number."""
        self._confirm: dict[str, list[Unit]] = {}
        """Of the arms that are tuned."""
        self.again = Again(definition, folder)
        """Recorded runs that are trained again for their weights."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to train, as far as the last look showed."""
        is_tuned = len(self._confirm) == len(self._arms) and not self._units
        is_trained = is_tuned and not any(self._missing(unit) for unit in self._open_units())
        return is_trained and not self.again.is_left

    @property
    def is_scored(self) -> bool:
        """Whether every setting that was asked for is scored."""
        return not self._units

    @property
    def n_failed(self) -> int:
        """Count the runs that failed."""
        return sum(row["status"] == "failed" for row in self._runs.values())

    def is_recorded(self, run: str) -> bool:
        """Whether a run of that id is in the records."""
        return run in self._runs

    def restore(self) -> None:
        """Put into the studies what the records have beyond them. Needs the sweep's lock."""
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
            arm, study = self._arms[name], self._studies[name]
            n_there = len(study.get_trials(deepcopy=False))
            for trial in study.get_trials(deepcopy=False):
                setting_of(study, self._definition, arm, trial, settings.get(trial.number))
            for number in range(n_there, max(settings, default=-1) + 1):
                if number in settings:
                    begin(study, arm, settings[number])
                    continue
                # What was in flight when the rest was recorded: as it was asked for then.
                self.look()
                standing = self._standing(arm)
                known = self._settings[name]
                if ask(study, self._definition, arm, known, standing=standing) is None:
                    # It cannot be known; numbers must stay as recorded, so the next stands in.
                    begin(study, arm, settings[min(n for n in settings if n > number)])

    def look(self, writer: RecordWriter | None = None) -> None:
        """Take in what was recorded and asked since the last look.

        Args:
            writer: Given by whoever holds the sweep's lock: then settings whose runs are all
                there are told to their study, and runs that serve a setting are noted as its own.
        """
        for row in self._runs_reader.refresh().to_dict("records"):
            self._runs[row["run_id"]] = {str(key): value for key, value in row.items()}
        new = self._trials_reader.refresh()
        keys = new[["stage", "arm", "setting", "seed"]].itertuples(index=False, name=None)
        self._noted.update(zip(keys, new["run_id"], strict=True))
        if self._uses_curves:
            rows = self._curves_reader.refresh()
            self._curves = rows if self._curves.empty else pd.concat([self._curves, rows])
        for arm in self._definition.arms:
            self._see_trials(arm, may_complete=writer is not None)
        if writer is not None:
            self.note_known(writer)
        self._score(may_tell=writer is not None)

    def take(
        self, n_places: int, held: Mapping[str, str], me: str, *, partition: str | None = None
    ) -> list[Planned]:
        """Choose runs of one partition to train next, whole settings together.

        Needs the sweep's lock, and a `look` that was given a writer.

        Args:
            n_places: How many are wanted; a setting's seeds may make it a few more.
            held: The holder of each run that a living worker holds.
            me: This worker.
            partition: Which it must be; None for the one that has most runs.
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
        """Give one worker's equal share of what is not recorded yet, at least one setting's runs.

        What comes once an arm is tuned is counted only when nothing else is left.
        """
        n_seeds = len(self._definition.tune_seeds)
        n_unasked = sum(
            max(0, self._definition.n_settings_of(arm) - len(self._settings[arm.name]))
            for arm in self._definition.arms
        )
        n_left = sum(len(self._missing(unit)) for unit in self._open_units())
        n_left += n_unasked * n_seeds
        if n_left == 0:  # then what confirm needs is about to be planned
            n_left = len(self._definition.confirm_seeds) * sum(
                self._definition.n_confirmed_of(arm)
                for arm in self._definition.arms
                if arm.name not in self._confirm
            )
        return max(1, math.ceil(n_left / n_workers))

    def rows_of(self, runs: Iterable[str]) -> list[TrialRow]:
        """List the rows of ``trials`` that these runs serve and that are not noted yet."""
        wanted = set(runs)
        rows = []
        for unit in self._open_units():
            for planned in unit:
                key = _key(planned.row)
                if planned.run_id in wanted and key not in self._noted:
                    self._noted[key] = planned.run_id
                    rows.append(planned.row)
        return rows

    def trial_of(self, arm: str, number: int) -> tuple[optuna.Study, FrozenTrial]:
        """Give a setting's trial and its study."""
        study = self._studies[arm]
        storage = study._storage  # noqa: SLF001 - a study would walk through all of its trials
        found = storage.get_trial_id_from_study_id_trial_number(study._study_id, number)  # noqa: SLF001
        return study, storage.get_trial(found)

    def progress(self) -> Progress:
        """Say how far the sweep is."""
        definition = self._definition
        n_seeds, n_fresh = len(definition.tune_seeds), len(definition.confirm_seeds)
        n_settings = {
            arm.name: max(definition.n_settings_of(arm), len(self._settings[arm.name]))
            for arm in definition.arms
        }
        n_confirmed = sum(definition.n_confirmed_of(arm) for arm in definition.arms)
        n_done = {"tune": 0, "confirm": 0}
        for (stage, arm_, setting, _), run in self._noted.items():
            # A winner of former days, before the sweep was widened, is none of today's.
            is_asked = stage == "tune" or setting in (DEFAULT_SETTING, self._best.get(arm_))
            n_done[stage] += is_asked and run in self._runs
        return Progress(
            n_done=n_done,
            n_asked={
                "tune": sum(n_settings.values()) * n_seeds,
                "confirm": n_confirmed * n_fresh,
            },
            best={arm: self._scores[arm, number]["score"] for arm, number in self._best.items()},
        )

    # --- what is there ------------------------------------------------------------------------

    def _open_units(self) -> Iterator[Unit]:
        yield from self._units.values()
        for units in self._confirm.values():
            yield from units

    def _missing(self, unit: Unit) -> list[Planned]:
        return [planned for planned in unit if planned.run_id not in self._runs]

    def _free(self, held: Mapping[str, str], me: str) -> list[list[Planned]]:
        """List what of each unit nobody holds; nothing, where its pruning is another's."""
        is_pruning = self._definition.pruner is not None
        free = []
        taken: set[str] = set()
        for unit in self._open_units():
            missing = self._missing(unit)
            if is_pruning and any(held.get(p.run_id, me) != me for p in missing):
                continue
            mine = [p for p in missing if p.run_id not in held and p.run_id not in taken]
            taken.update(planned.run_id for planned in mine)
            if mine:
                free.append(mine)
        return free

    def _see_trials(self, arm: Arm, *, may_complete: bool) -> None:
        """Take in the arm's trials that were asked for since the last look."""
        study = self._studies[arm.name]
        trials = study.get_trials(deepcopy=False)
        for trial in trials[len(self._settings[arm.name]) :]:
            if set(trial.params) != set(arm.space) and not may_complete:
                return  # somebody is asking for it, or was killed in the midst of it
            values = setting_of(study, self._definition, arm, trial)
            self._see(arm, values)

    def _see(self, arm: Arm, values: Values) -> None:
        """Take in the setting that comes next."""
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
        unit = []
        for seed in seeds:
            config = with_values(arm.config, {**values, "seed": seed})
            row = TrialRow(stage, arm.name, setting, seed, run_id(config), edges)
            unit.append(Planned(row, config, partition_key(config)))
        return unit

    # --- asking -------------------------------------------------------------------------------

    def _ask_round(
        self, n_missing: int, held: Mapping[str, str], me: str, *, is_first: bool
    ) -> bool:
        """Ask each arm in turn for one setting more, or find that it is tuned."""
        definition = self._definition
        n_seeds = len(definition.tune_seeds)
        has_asked = False
        for arm in definition.arms:
            if n_missing <= 0:
                break
            if arm.name in self._confirm:
                continue
            if definition.protocol.name in SAMPLED:
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
            study, standing = self._studies[arm.name], self._standing(arm)
            values = ask(study, definition, arm, known, standing=standing)
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
        """Tabulate the scores of an arm's settings, as ``scores.setting_scores`` does."""
        return pd.DataFrame([row for key, row in self._scores.items() if key[0] == arm.name])

    def _standing(self, arm: Arm) -> Standing | None:
        """Work out how a growing grid's settings stand; None while some are not scored."""
        grows = self._definition.protocol.name == "grid_until_interior"
        if not grows or arm.name not in self._best or not self._is_scored(arm):
            return None
        return Standing.of(self._scores_of(arm))

    def _plan_confirm(self, arm: Arm) -> list[Unit]:
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

    # --- scoring ------------------------------------------------------------------------------

    def note_known(self, writer: RecordWriter) -> None:
        """Note as its own what serves a setting and was recorded for another."""
        known = {
            planned.run_id
            for unit in self._open_units()
            for planned in unit
            if planned.run_id in self._runs and _key(planned.row) not in self._noted
        }
        if known:
            writer.write([], self.rows_of(known))

    def _score(self, *, may_tell: bool) -> None:
        """Score the settings whose runs are all recorded."""
        ready = {key: unit for key, unit in self._units.items() if not self._missing(unit)}
        if not ready:
            return
        rows = [planned.row for unit in ready.values() for planned in unit]
        runs = pd.DataFrame([self._runs[run] for run in dict.fromkeys(r.run_id for r in rows)])
        objective = self._definition.objective
        curves = self._curves if self._uses_curves else None
        trials = pd.DataFrame([vars(row) for row in rows])
        scores = setting_scores(runs, trials, stage="tune", objective=objective, curves=curves)
        found = {
            (row["arm"], int(row["setting"])): {str(key): value for key, value in row.items()}
            for row in scores.to_dict("records")
        }
        values = counted(with_moment(runs, objective, curves), objective_column(objective))
        value_of = dict(zip(runs["run_id"], values, strict=True))
        if may_tell:  # First: what is told and lost with its connection is told again.
            for key, unit in ready.items():
                seeds = {planned.row.seed: value_of[planned.run_id] for planned in unit}
                self._tell(*key, found[key], seeds)
        for key in ready:
            self._scores[key] = found[key]
            del self._units[key]
        rivals = dict.fromkeys([*self._best.items(), *ready])
        self._best = best_settings(pd.DataFrame([self._scores[key] for key in rivals]))

    def _tell(
        self, arm: str, number: int, score: Mapping[str, Any], seeds: Mapping[int, float]
    ) -> None:
        study, trial = self.trial_of(arm, number)
        if trial.state.is_finished():
            return
        notes = {
            "spread": _finite(score["spread"]),
            "seeds": {str(seed): _finite(value) for seed, value in seeds.items()},
            "n_diverged": int(score["n_diverged"]),
        }
        study._storage.set_trial_user_attr(trial._trial_id, "score", notes)  # noqa: SLF001
        if score["n_failed"]:
            study.tell(number, state=TrialState.FAIL)
        elif math.isfinite(score["score"]):
            study.tell(number, score["score"])
        else:  # an infinite value would poison the sampler; pruned counts as worst
            study.tell(number, state=TrialState.PRUNED)


def _key(row: TrialRow) -> tuple[str, str, int, int]:
    return row.stage, row.arm, row.setting, row.seed


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
