"""What a setting scored: the one rule by which tuning selects and tables report."""

import math
from collections.abc import Mapping

import pandas as pd


def objective_column(objective: Mapping[str, str]) -> str:
    """Name the column of ``runs`` that an objective looks at, e.g. ``last.dev.error``."""
    return f"{objective['moment']}.{objective['split']}.{objective['metric']}"


def counted(runs: pd.DataFrame, column: str) -> pd.Series:
    """Give a metric of each run; for one that did not complete, what it counts as.

    Error counts as chance level and loss as infinite (compare losses by median or rank).
    """
    instead = runs["chance_error"] if column.endswith(".error") else math.inf
    return runs[column].where(runs["status"] == "completed", instead).astype(float)


def setting_scores(
    runs: pd.DataFrame, trials: pd.DataFrame, *, stage: str, objective: Mapping[str, str]
) -> pd.DataFrame:
    """Score every setting of a stage over its seeds.

    Args:
        runs: The table ``runs``.
        trials: The table ``trials``.
        stage: ``tune`` or ``confirm``.
        objective: Its ``split``, ``metric`` and ``moment``.

    Returns:
        One row per arm and setting: ``score`` (mean of the objective over seeds), ``tie_break``
        (median dev loss), ``n_seeds``, ``n_diverged``.
    """
    rows = trials[trials["stage"] == stage].merge(runs.drop(columns="seed"), on="run_id")
    rows = rows.assign(
        score=counted(rows, objective_column(objective)),
        tie_break=counted(rows, f"{objective['moment']}.dev.loss"),
        is_diverged=rows["status"] == "diverged",
    )
    return (
        rows.groupby(["arm", "setting"], sort=False)
        .agg(
            score=("score", "mean"),
            tie_break=("tie_break", "median"),
            n_seeds=("seed", "nunique"),
            n_diverged=("is_diverged", "sum"),
        )
        .reset_index()
    )


def best_settings(scores: pd.DataFrame) -> dict[str, int]:
    """Give each arm's best setting: the lowest score, ties by ``tie_break``, then the first."""
    ordered = scores.sort_values(["arm", "score", "tie_break", "setting"], kind="stable")
    return {str(arm): int(rows["setting"].iloc[0]) for arm, rows in ordered.groupby("arm")}
