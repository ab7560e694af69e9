"""What a setting scored: the one rule by which tuning selects and tables report."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd


def objective_column(objective: Mapping[str, Any]) -> str:
    """Name the column of ``runs`` that an objective looks at, e.g. ``last.dev.error``."""
    return f"{objective['moment']}.{objective['split']}.{objective['metric']}"


def n_settings_asked(
    space: Mapping[str, Mapping[str, Any]], *, protocol: str, n_settings: int
) -> int:
    """Count the settings that an arm tries before it grows.

    Args:
        space: The arm's axes, as the definition stores them.
        protocol: The sweep's.
        n_settings: What the protocol may try; a grid tries all of its own, and one with
            intervals as many draws for each of its points as fit.
    """
    sizes = [len(axis["values"]) for axis in space.values() if axis["kind"] == "choice"]
    grid, has_intervals = math.prod(sizes), len(sizes) < len(space)
    if protocol == "grid_until_interior":
        return grid * (max(1, n_settings // grid) if has_intervals else 1)
    if has_intervals:
        return n_settings
    return grid if protocol == "grid" else min(grid, n_settings)


def counted(runs: pd.DataFrame, column: str) -> pd.Series:
    """Give a metric of each run; for one that did not complete, what it counts as.

    Error counts as chance level and loss as infinite (compare losses by median or rank).
    """
    instead = runs["chance_error"] if column.endswith(".error") else math.inf
    return runs[column].where(runs["status"] == "completed", instead).astype(float)


def setting_scores(
    runs: pd.DataFrame,
    trials: pd.DataFrame,
    *,
    stage: str,
    objective: Mapping[str, Any],
) -> pd.DataFrame:
    """Score every setting of a stage over its seeds.

    Args:
        runs: The table ``runs``.
        trials: The table ``trials``.
        stage: ``tune`` or ``confirm``.
        objective: Its ``split``, ``metric`` and ``moment``; ``aggregate`` says how seeds make one
            score.

    Returns:
        One row per arm and setting: ``score`` (mean, median or worst of the objective over
        seeds), ``spread`` (its sample standard deviation), ``tie_break`` (median dev loss),
        ``n_seeds``, ``n_diverged``.
    """
    scored = runs.assign(
        score=counted(runs, objective_column(objective)),
        tie_break=counted(runs, f"{objective['moment']}.dev.loss"),
        is_diverged=runs["status"] == "diverged",
    ).drop(columns="seed")
    rows = trials[trials["stage"] == stage].merge(scored, on="run_id")
    aggregate = {"worst": "max"}.get(objective["aggregate"], objective["aggregate"])
    return (
        rows.groupby(["arm", "setting"], sort=False)
        .agg(
            score=("score", aggregate),
            spread=("score", "std"),
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
