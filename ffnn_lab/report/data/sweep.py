"""The records of a folder as objects, `Records` or `Sweep`, whose tables are read once."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ffnn_lab.config.sweep import ObjectiveConfig
from ffnn_lab.definition import Arm, Condition, Definition, read_definition
from ffnn_lab.progress import Count, recorded_progress
from ffnn_lab.records import (
    DEFAULT_SETTING,
    RecordError,
    read_correct,
    read_curves,
    read_directions,
    read_layers,
    read_runs,
    read_trials,
)
from ffnn_lab.report.data.arms import Contrast, contrasts, variants
from ffnn_lab.report.data.cut import by_replicate, quick_to_cut
from ffnn_lab.report.data.names import with_names_on_a_line
from ffnn_lab.report.data.rows import predicts_letters, predicts_numbers
from ffnn_lab.scores import ranked, setting_scores, with_moment
from ffnn_lab.terminal import one_line
from ffnn_lab.troubles import told_by_run


@dataclass(frozen=True, eq=False, repr=False)
class Records:
    """The tables of records in one folder, that of a single run or of a sweep."""

    folder: Path
    runs: pd.DataFrame
    trials: pd.DataFrame
    curves: pd.DataFrame
    directions: pd.DataFrame
    """The table ``directions``; empty if the task does not know solutions with which the weights
    could be compared."""

    @cached_property
    def correct(self) -> pd.DataFrame:
        """The table ``correct``: the test examples that each confirmed run classifies correctly.

        It is read on first use. It has the runs of the whole folder, even if this object is one
        replicate of a sweep, and is empty in records of earlier versions.
        """
        return read_correct(self.folder)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The table ``layers``: the diagnoses of runs, with a row for each epoch and layer.

        It is read on first use. It has the runs of the whole folder, even if this object is one
        replicate of a sweep, and is empty if no run was diagnosed.
        """
        return read_layers(self.folder)

    @property
    def name(self) -> str:
        """Return the name of the folder, on one line."""
        return one_line(self.folder.resolve().name)

    def __repr__(self) -> str:
        """Return one line with the number of rows of each table."""
        tables = ("runs", "trials", "curves", "directions")
        sizes = ", ".join(f"{name} {len(getattr(self, name))}" for name in tables)
        return f"{type(self).__name__} {self.name}: rows of {sizes}"


class Ranked(NamedTuple):
    """A setting whose tune seeds are all recorded, and the two numbers by which it is ranked.

    Both numbers are better if they are lower. ``score`` is the objective over the seeds;
    ``tie_break`` is the median dev loss, which ranks settings of equal score.
    """

    setting: int
    score: float
    tie_break: float


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Records):
    """A sweep, finished or not, or one replicate or condition of it: definition and records."""

    definition: Definition
    """The definition of the sweep, with names of arms that fit on one line."""
    rows: pd.DataFrame
    """One row for each row of ``trials`` whose run is recorded, with the run's columns and its
    metrics at the objective's moment."""
    scores: pd.DataFrame
    """The table of `ffnn_lab.scores.setting_scores` for the tune stage: one row per replicate, arm
    and setting. The added column ``is_complete`` is True if all tune seeds of the setting are
    recorded."""
    whole: "Sweep | None" = None
    """The sweep with all replicates, if this object is one replicate of it; None otherwise."""

    @cached_property
    def arms(self) -> Mapping[str, Arm]:
        """Return the arms by name, in the order of the definition and of every table."""
        return {arm.name: arm for arm in self.definition.arms}

    @cached_property
    def replicates(self) -> "Sequence[Sweep]":
        """Return a `Sweep` for each replicate, in order; this sweep itself if it has only one.

        A run belongs to one replicate, since no two replicates share a seed.
        """
        n_replicates = self.definition.n_wanted
        if self.definition.n_replicates == 1:
            return (self,)
        trials = self.trials.drop_duplicates("run_id").set_index("run_id")["replicate"]
        parts: Mapping[str, Sequence[Any]] = {
            name: by_replicate(table, table["run_id"].map(trials), n_replicates)
            for name, table in (
                ("runs", self.runs),
                ("curves", self.curves),
                ("directions", self.directions),
            )
        } | {
            name: by_replicate(table, table["replicate"], n_replicates)
            for name, table in (
                ("trials", self.trials),
                ("rows", self.rows),
                ("scores", self.scores),
            )
        }
        return tuple(
            replace(
                self,
                definition=self.definition.of_replicate(replicate, is_whole=False),
                whole=self,
                **{name: tables[replicate] for name, tables in parts.items()},
            )
            for replicate in range(n_replicates)
        )

    @cached_property
    def conditions(self) -> "Sequence[Sweep]":
        """Return a `Sweep` for the comparison under each condition; empty without conditions.

        The arms have their base names, without the condition, so that every result is the same as
        if that condition were the only one.
        """
        return tuple(self._under(condition) for condition in self.definition.conditions)

    def _under(self, condition: Condition) -> "Sweep":
        full = {a.name: a.base for a in self.definition.arms if a.condition == condition}
        trials, rows, scores = (
            _renamed(table, full) for table in (self.trials, self.rows, self.scores)
        )
        runs, curves, directions = (
            table[table["run_id"].isin(set(trials["run_id"]))]
            for table in (self.runs, self.curves, self.directions)
        )
        return replace(
            self,
            definition=self.definition.under(condition),
            trials=trials,
            rows=rows,
            scores=scores,
            runs=runs,
            curves=curves,
            directions=directions,
        )

    @cached_property
    def kept_curves(self) -> dict[str, pd.DataFrame]:
        """The curves that `curves_of` has returned so far, by run id; several tables need them."""
        return {} if self.whole is None else self.whole.kept_curves

    @cached_property
    def variants(self) -> Mapping[str, Mapping[str, str]]:
        """The groups of comparable arms, as `ffnn_lab.report.data.arms.variants` finds them."""
        return variants(self.arms) if self.whole is None else self.whole.variants

    @cached_property
    def contrasts(self) -> Sequence[Contrast]:
        """The declared contrasts, pairs of arms, as `ffnn_lab.report.data.arms` lists them."""
        return contrasts(self.definition) if self.whole is None else self.whole.contrasts

    @property
    def command(self) -> str:
        """Return the command that starts the sweep again."""
        return self.definition.command

    @property
    def objective(self) -> ObjectiveConfig:
        """Return the objective by which runs and settings are scored."""
        return self.definition.objective

    @property
    def tune_seeds(self) -> tuple[int, ...]:
        """Return the seeds of the tune stage."""
        return self.definition.tune_seeds

    @property
    def confirm_seeds(self) -> tuple[int, ...]:
        """Return the fresh seeds of the confirm stage."""
        return self.definition.confirm_seeds

    def of(self, arm: str, *, stage: str | None = None) -> pd.DataFrame:
        """Return an arm's rows of the table `rows`, without those of its untuned default.

        Args:
            arm: Name of the arm.
            stage: ``tune`` or ``confirm``; None for both.
        """
        rows = self._of_arms.get(arm, self.rows.iloc[:0])
        return rows if stage is None else rows[rows["stage"] == stage]

    @cached_property
    def _of_arms(self) -> Mapping[str, pd.DataFrame]:
        """Rows of each arm's settings by arm, cached because filtering all rows is slow."""
        rows = self.rows[self.rows["setting"] != DEFAULT_SETTING]
        return {str(arm): of_arm for arm, of_arm in rows.groupby("arm", sort=False)}

    def default_of(self, arm: str) -> pd.DataFrame:
        """Return the rows of an arm's untuned default on the fresh seeds, ordered by seed.

        An arm without axes has no such rows: its confirmed setting is its default.
        """
        return self._defaults.get(arm, self.rows.iloc[:0])

    @cached_property
    def _defaults(self) -> Mapping[str, pd.DataFrame]:
        is_default = (self.rows["setting"] == DEFAULT_SETTING) & (self.rows["stage"] == "confirm")
        rows = self.rows[is_default].sort_values("seed")
        return {str(arm): of_arm for arm, of_arm in rows.groupby("arm", sort=False)}

    def scores_of(self, arm: str) -> pd.DataFrame:
        """Return an arm's rows of the table `scores`."""
        return self._scores.get(arm, self.scores.iloc[:0])

    @cached_property
    def _scores(self) -> Mapping[str, pd.DataFrame]:
        return {str(arm): of_arm for arm, of_arm in self.scores.groupby("arm", sort=False)}

    @cached_property
    def ranked(self) -> Mapping[str, Sequence[Ranked]]:
        """By arm, its settings with all tune seeds recorded, best first.

        In a sweep with several replicates, these are the settings of replicate 0.
        """
        ranks, replicate = (self.whole or self).ranks, self.definition.replicate
        return {arm: ranks.get((replicate, arm), []) for arm in self.arms}

    @cached_property
    def ranks(self) -> Mapping[tuple[int, str], Sequence[Ranked]]:
        """By replicate and arm, the settings with all tune seeds recorded, best first."""
        complete = ranked(self.scores[self.scores["is_complete"]])
        names = ("replicate", "arm", "setting", "score", "tie_break")
        found: dict[tuple[int, str], list[Ranked]] = {}
        columns = (complete[each].tolist() for each in names)
        for replicate, arm, *score in zip(*columns, strict=True):
            found.setdefault((replicate, arm), []).append(Ranked(*score))
        return found

    @cached_property
    def statuses(self) -> Mapping[str, Mapping[str, int]]:
        """By arm and status, the number of distinct runs, including the untuned default's."""
        names = ("arm", "run_id", "status")
        once = dict.fromkeys(zip(*(self.rows[name].tolist() for name in names), strict=True))
        counts: dict[str, Counter[str]] = {arm: Counter() for arm in self.arms}
        for arm, _, status in once:
            counts.setdefault(arm, Counter())[status] += 1
        return counts

    @cached_property
    def troubles(self) -> Mapping[str, Sequence[str]]:
        """Lines that the diagnoses of runs in trouble say, by run id."""
        if self.whole is not None:
            return self.whole.troubles
        return told_by_run(self.runs, self.layers)

    @cached_property
    def lost_trials(self) -> Mapping[str, tuple[int, int]]:
        """By arm, the number of rows of ``trials`` whose run is not recorded, and of all rows."""
        known = set(self.runs["run_id"])
        found = dict.fromkeys(self.arms, (0, 0))
        for arm, run_id in zip(self.trials["arm"], self.trials["run_id"], strict=True):
            n_lost, n_trials = found.get(arm, (0, 0))
            found[arm] = n_lost + (run_id not in known), n_trials + 1
        return found

    @cached_property
    def tuned_values(self) -> Mapping[str, Mapping[int, Mapping[str, object]]]:
        """By arm and setting, the setting's value on every axis of any arm, by the axis's name.

        The value is None if the setting's config does not have the axis as a field.
        """
        axes = list(dict.fromkeys(key for arm in self.arms.values() for key in arm.space))
        found: dict[str, dict[int, dict[str, object]]] = {arm: {} for arm in self.arms}
        columns = (self.rows[name].tolist() for name in ("arm", "setting", "config_json"))
        for arm, setting, text in zip(*columns, strict=True):
            known = found.setdefault(arm, {})
            if setting != DEFAULT_SETTING and setting not in known:
                config = json.loads(text)
                known[setting] = {key: config.get(key) for key in axes}
        return found

    def runs_of(self, arm: str) -> pd.DataFrame:
        """Return the rows of all runs of an arm, each run once, the untuned default's included."""
        return self.rows[self.rows["arm"] == arm].drop_duplicates("run_id")

    @cached_property
    def most(self) -> float:
        """Return the highest possible error: 1, or infinity if a run's error is not a rate."""
        is_rate = ~(predicts_numbers(self.runs) | predicts_letters(self.runs))
        return 1.0 if is_rate.all() else math.inf

    def tuned(self, arm: str) -> Count:
        """Return the progress of an arm in the tune stage: its runs and settings so far."""
        return self._counts["tune", arm]

    @cached_property
    def _counts(self) -> Mapping[tuple[str, str], Count]:
        ranks = (self.whole or self).ranks  # those of other replicates do no harm
        winners = {place: each[0].setting for place, each in ranks.items()}
        counts = recorded_progress(
            self.definition, self.runs, self.trials, self.curves, winners=winners
        )
        return {(count.stage, count.arm): count for count in counts}

    def n_asked(self, arm: str) -> int:
        """Return the number of settings that an arm is to try before its grid grows at an edge."""
        return self.definition.n_settings_of(self.arms[arm])


def _renamed(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of the arms in ``names``, a mapping from old to new names, renamed."""
    kept = table[table["arm"].isin(list(names))]
    return kept.assign(arm=kept["arm"].map(names))


def load(folder: Path) -> Records:
    """Read the records of a folder: a `Sweep` if it has a definition, or else `Records` of a run.

    Raises:
        RecordError: If the folder has no records, or a file is damaged or missing.
    """
    if not any((folder / "runs").glob("part-*.parquet")):
        msg = f"{folder} has no records: there is no part under {folder / 'runs'}"
        raise RecordError(msg)
    definition = read_definition(folder)
    runs, trials, curves = read_runs(folder), read_trials(folder), read_curves(folder)
    directions = read_directions(folder)
    if definition is None:
        if len(trials) > 0:
            msg = (
                f"{folder} has the trials of a sweep but no definition.json to say what they "
                "were for; repeat the sweep's command to write it"
            )
            raise RecordError(msg)
        return Records(folder, runs, trials, curves, directions)
    definition = with_names_on_a_line(definition, folder)
    trials = trials.assign(arm=trials["arm"].map(one_line))
    objective = definition.objective
    scores = setting_scores(runs, trials, stage="tune", objective=objective, curves=curves)
    measured = with_moment(runs, objective, curves)
    is_complete = scores["n_seeds"] >= len(definition.tune_seeds)
    return Sweep(
        folder=folder,
        runs=runs,
        trials=trials,
        curves=curves,
        directions=directions,
        definition=definition,
        rows=quick_to_cut(trials.merge(measured.drop(columns="seed"), on="run_id")),
        scores=scores.assign(is_complete=is_complete),
    )


def load_sweeps(
    folders: Sequence[Path], *, are_named: bool, what: str
) -> tuple[list[Sweep], list[str]]:
    """Read the sweeps in some folders; damaged folders and those of single runs are left out.

    Args:
        folders: Folders of records.
        are_named: True if the user named the folders; then none is left out, but an error raised.
        what: End of the error message about a folder of a single run.

    Returns:
        The sweeps, and a remark on each damaged folder.

    Raises:
        RecordError: If a folder that the user named is damaged, or has the records of a single
            run.
    """
    sweeps, remarks = [], []
    for folder in folders:
        try:
            records = load(folder)
        except RecordError as error:
            if are_named:
                raise
            remarks.append(f"passed over: {error}")
            continue
        if isinstance(records, Sweep):
            sweeps.append(records)
        elif are_named:
            msg = f"{folder} holds a single run; {what}"
            raise RecordError(msg)
    return sweeps, remarks
