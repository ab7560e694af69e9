"""The progress of a sweep, counted in one place for display, status, plan and report.

A row of the table ``trials`` says that a run belongs to a setting of an arm in a replicate. A run
that belongs to two arms counts for both. Runs of the confirm stage do not count if their setting
was an arm's best only before the sweep was extended: they are no longer asked for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from ffnn_lab.definition import Arm, Definition
from ffnn_lab.records import DEFAULT_SETTING, KEYS
from ffnn_lab.scores import ranked, setting_scores

Key = tuple[int, str, str, int, int]
"""The key of a row of ``trials``: replicate, stage, arm, setting and seed."""
Place = tuple[int, str]
"""A replicate and an arm, which together have an Optuna study of their own."""
Row = tuple[int, int, int, str]
"""A row of ``trials`` of a given stage and arm: replicate, setting, seed and run id."""


@dataclass(frozen=True)
class Count:
    """The progress of one arm in one stage, over all replicates."""

    stage: str
    arm: str
    runs: tuple[str, ...]
    """Ids of the recorded runs, one for each counted row of ``trials``."""
    n_settings: int
    """Number of settings whose seeds are all recorded; in confirm, the untuned default among them.
    A setting is counted in each replicate by itself."""
    n_settings_asked: int
    n_runs_asked: int

    @property
    def n_runs(self) -> int:
        """Return the number of recorded runs."""
        return len(self.runs)


@dataclass(frozen=True)
class Progress:
    """The progress of a sweep; the module's docstring defines what counts."""

    n_done: Mapping[str, int]
    """Number of recorded runs, by stage."""
    n_asked: Mapping[str, int]
    """Number of runs that are asked for so far, or are sure to be, by stage."""
    best: Mapping[str, float] = field(default_factory=dict)
    """The lowest tuning score of each arm that has one."""

    @classmethod
    def of(cls, counts: Iterable[Count], best: Mapping[str, float] | None = None) -> "Progress":
        """Add up the counts of all arms, by stage."""
        n_done = {"tune": 0, "confirm": 0}
        n_asked = dict(n_done)
        for count in counts:
            n_done[count.stage] += count.n_runs
            n_asked[count.stage] += count.n_runs_asked
        return cls(n_done, n_asked, best or {})

    @property
    def n_runs(self) -> int:
        """Return the number of recorded runs in both stages."""
        return sum(self.n_done.values())

    @property
    def is_complete(self) -> bool:
        """Return True if all runs that were asked for are recorded."""
        return self.n_runs >= sum(self.n_asked.values())


def count_progress(
    definition: Definition,
    noted: Mapping[Key, str],
    recorded: Collection[str],
    winners: Mapping[Place, int],
    *,
    n_proposed: Mapping[Place, int] | None = None,
) -> list[Count]:
    """Count how far each arm is in each stage.

    Args:
        definition: The sweep.
        noted: The id of the run of each row of ``trials``.
        recorded: Ids of the runs that are recorded.
        winners: The best setting of each replicate and arm, among those whose seeds are all
            recorded; if an arm's best setting is not known, all its settings in confirm count.
        n_proposed: The number of proposed settings, by replicate and arm, as far as the studies
            are known; for other arms, the settings with a recorded run are counted.

    Returns:
        One count for each stage and arm, first all of tune; a stage without seeds is left out.
    """
    rows: dict[tuple[str, str], list[Row]] = {}
    for (replicate, stage, arm, setting, seed), run in noted.items():
        is_asked = stage == "tune" or setting in (
            DEFAULT_SETTING,
            winners.get((replicate, arm), setting),
        )
        if is_asked and run in recorded:
            rows.setdefault((stage, arm), []).append((replicate, setting, seed, run))
    stages = {"tune": definition.tune_seeds, "confirm": definition.confirm_seeds}
    return [
        _count(definition, stage, arm, rows.get((stage, arm.name), []), n_proposed or {})
        for stage, seeds in stages.items()
        for arm in definition.arms
        if seeds
    ]


def _count(
    definition: Definition,
    stage: str,
    arm: Arm,
    rows: Collection[Row],
    n_proposed: Mapping[Place, int],
) -> Count:
    n_seeds = len(definition.tune_seeds if stage == "tune" else definition.confirm_seeds)
    seeds: dict[tuple[int, int], set[int]] = {}
    for replicate, setting, seed, _ in rows:
        seeds.setdefault((replicate, setting), set()).add(seed)
    n_asked = definition.n_wanted * definition.n_confirmed_of(arm)
    if stage == "tune":  # a grid that grew asks for more than it began with
        first = definition.replicate
        tried = Counter(replicate for replicate, _ in seeds)
        n_asked = sum(
            max(
                definition.n_settings_of(arm),
                n_proposed.get((replicate, arm.name), tried[replicate]),
            )
            for replicate in range(first, first + definition.n_wanted)
        )
    return Count(
        stage=stage,
        arm=arm.name,
        runs=tuple(run for *_, run in rows),
        n_settings=sum(len(of_setting) >= n_seeds for of_setting in seeds.values()),
        n_settings_asked=n_asked,
        n_runs_asked=n_asked * n_seeds,
    )


def recorded_progress(
    definition: Definition,
    runs: pd.DataFrame,
    trials: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    *,
    winners: Mapping[Place, int] | None = None,
) -> list[Count]:
    """Count how far each arm is in each stage, from the records alone.

    Args:
        definition: The sweep.
        runs: The table ``runs``, or its `scores.score_columns`.
        trials: The table ``trials``.
        curves: The table ``curves``; only the moment ``mean_last`` reads it.
        winners: The best setting of each replicate and arm; None computes them from the records.
    """
    if winners is None:
        scores = setting_scores(
            runs, trials, stage="tune", objective=definition.objective, curves=curves
        )
        whole = scores[scores["n_seeds"] >= len(definition.tune_seeds)]
        best = ranked(whole).drop_duplicates(["replicate", "arm"])
        places = zip(best["replicate"].tolist(), best["arm"].tolist(), strict=True)
        winners = dict(zip(places, best["setting"].tolist(), strict=True))
    keys = zip(*(trials[name].tolist() for name in KEYS["trials"]), strict=True)
    noted = dict(zip(keys, trials["run_id"], strict=True))
    return count_progress(definition, noted, frozenset(runs["run_id"]), winners)
