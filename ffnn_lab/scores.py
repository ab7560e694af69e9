"""The score of a setting: the one rule by which tuning selects and tables report."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.config.sweep import ObjectiveConfig
from ffnn_lab.moments import means_of_last
from ffnn_lab.protocols import Standing


def objective_column(objective: ObjectiveConfig) -> str:
    """Return the name of the column with an objective's metric, such as ``last.dev.error``.

    The table ``runs`` has this column; for the moment ``mean_last``, `with_moment` adds it.
    """
    return f"{objective.moment}.{objective.split}.{objective.metric}"


def score_columns(objective: ObjectiveConfig) -> tuple[str, ...]:
    """Return the names of the columns of ``runs`` that `setting_scores` reads."""
    columns = ["run_id", "status", "chance_error"]
    if objective.moment != "mean_last":
        columns += [objective_column(objective), f"{objective.moment}.dev.loss"]
    return tuple(dict.fromkeys(columns))


def with_moment(
    runs: pd.DataFrame,
    objective: ObjectiveConfig,
    curves: pd.DataFrame | None = None,
    *,
    splits: Sequence[str] = ("train", "dev", "test"),
) -> pd.DataFrame:
    """Return ``runs`` with columns for the metrics at an objective's moment.

    ``runs`` has columns for ``last`` and ``best``. ``mean_last`` is a run's mean over the last
    ``n_last`` points of its curve, the start (epoch 0) being one of them, or over all if it has
    fewer.

    Args:
        runs: The table ``runs``, or some of its rows and columns.
        objective: The objective; its ``moment`` is read, and for ``mean_last`` its ``n_last``.
        curves: The table ``curves``; only ``mean_last`` reads it.
        splits: The splits whose metrics are computed.

    Returns:
        ``runs``; for ``mean_last`` with the further columns ``mean_last.<split>.<metric>``, which
        are NaN for runs without a curve.

    Raises:
        ValueError: If the moment is ``mean_last``, and ``curves`` is None.
    """
    if objective.moment != "mean_last":
        return runs
    if curves is None:
        msg = "the moment mean_last is worked out from the table curves, got None"
        raise ValueError(msg)
    columns = {}
    for split in splits:
        means = means_of_last(curves, split, n_last=objective.n_last)
        for metric in means:
            columns[f"mean_last.{split}.{metric}"] = runs["run_id"].map(means[metric])
    return runs.assign(**columns)


def counted(runs: pd.DataFrame, column: str) -> pd.Series:
    """Return a metric of each run as it counts in scores, also if the run did not complete.

    The error of a run that diverged counts as its chance error, and its loss as infinite (so
    compare losses by median or rank). A run that was pruned, failed or was not measured has no
    result, and both count as infinite.

    Args:
        runs: The table ``runs``, as `with_moment` returns it.
        column: The column of the metric, such as ``last.dev.error``.
    """
    return pd.Series(counted_values(runs, column), index=runs.index, name=column)


def counted_values(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return the values of `counted` as an array, which takes less time for a few runs."""
    status = runs["status"].to_numpy(dtype=object)
    values = runs[column].to_numpy(dtype=float, na_value=math.nan)
    values = np.where(status == "completed", values, math.inf)
    if column.endswith(".error"):
        chance = runs["chance_error"].to_numpy(dtype=float, na_value=math.nan)
        values = np.where(status == "diverged", chance, values)
    return np.where(np.isnan(values), math.inf, values)


def setting_scores(
    runs: pd.DataFrame,
    trials: pd.DataFrame,
    *,
    stage: str,
    objective: ObjectiveConfig,
    curves: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Score every setting of a stage over its seeds.

    Args:
        runs: The table ``runs``, or its `score_columns`.
        trials: The table ``trials``.
        stage: ``tune`` or ``confirm``.
        objective: The ``split``, ``metric`` and ``moment`` (``last``, ``best``, or ``mean_last``
            with ``n_last``) that count, and the function ``aggregate`` over seeds.
        curves: The table ``curves``, or its run_id, epoch, split, loss and error; only
            ``mean_last`` reads it.

    Returns:
        One row per replicate, arm and setting: ``score`` (mean, median or worst of the objective
        over seeds; infinite where a seed was pruned or failed), ``spread`` (its sample standard
        deviation), ``tie_break`` (median dev loss at the same moment), ``n_seeds``,
        ``n_diverged``, ``n_pruned``, ``n_failed``.

    Raises:
        ValueError: If the moment is ``mean_last``, and ``curves`` is None.
    """
    split = objective.split
    measured = with_moment(runs, objective, curves, splits=tuple(dict.fromkeys((split, "dev"))))
    scored = pd.DataFrame(
        {
            "run_id": measured["run_id"],
            "score": counted(measured, objective_column(objective)),
            "tie_break": counted(measured, f"{objective.moment}.dev.loss"),
            "is_diverged": measured["status"] == "diverged",
            "is_pruned": measured["status"] == "pruned",
            "is_failed": measured["status"] == "failed",
        }
    )
    rows = trials[trials["stage"] == stage].merge(scored, on="run_id")
    aggregate = {"worst": "max"}.get(objective.aggregate, objective.aggregate)
    scores = (
        rows.groupby(["replicate", "arm", "setting"], sort=False)
        .agg(
            score=("score", aggregate),
            spread=("score", "std"),
            tie_break=("tie_break", "median"),
            n_seeds=("seed", "nunique"),
            n_diverged=("is_diverged", "sum"),
            n_pruned=("is_pruned", "sum"),
            n_failed=("is_failed", "sum"),
        )
        .reset_index()
    )
    # The median by itself could be finite although a seed has no result.
    return scores.assign(score=scores["score"].where(_has_all_results(scores), math.inf))


def _has_all_results(scores: pd.DataFrame) -> pd.Series:
    return (scores["n_pruned"] == 0) & (scores["n_failed"] == 0)


def is_completed(scores: pd.DataFrame) -> pd.Series:
    """Return True for each setting of which at least one run neither diverged nor failed.

    If all runs of a setting diverged or failed, its score is merely the value that such runs count
    as. A run that was pruned was measured and found worse than others; it counts as completed.

    Args:
        scores: Rows of the table that `setting_scores` returns.
    """
    return scores["n_failed"] + scores["n_diverged"] < scores["n_seeds"]


def why_no_winner(scores: pd.DataFrame) -> str:
    """Return the reason why an arm has no best setting; the empty string if it has one.

    Args:
        scores: The rows of one arm in the table that `setting_scores` returns, for settings of
            which all seeds are recorded.
    """
    if scores.empty:
        return ""
    is_measured = is_completed(scores).to_numpy()
    if not is_measured.any():
        n_diverged = int((scores["n_diverged"].to_numpy() >= scores["n_seeds"].to_numpy()).sum())
        return (
            "every run of every setting diverged"
            if n_diverged == len(scores)
            else "no setting has a result: its runs diverged or failed"
        )
    if is_flat(scores):
        n_ties = int((is_measured & _has_all_results(scores).to_numpy()).sum())
        return f"all {n_ties} settings that completed have the same score"
    return ""


def is_flat(scores: pd.DataFrame) -> bool:
    """Return True if several settings of an arm have a result, and all the same score.

    Args:
        scores: The rows of one arm in the table that `setting_scores` returns.
    """
    is_kept = (is_completed(scores) & _has_all_results(scores)).to_numpy()
    columns = (scores[name].to_numpy()[is_kept].tolist() for name in ("score", "tie_break"))
    found = list(zip(*columns, strict=True))
    return len(found) > 1 and len(set(found)) == 1


def best_settings(scores: pd.DataFrame) -> dict[str, int]:
    """Return each arm's best setting: the lowest score, ties by ``tie_break``, then the first.

    A setting with a pruned or failed seed is chosen only if an arm has no other settings. A
    setting whose runs all diverged ranks below every setting that completed (see `is_completed`),
    even if the error of the latter is above chance.

    Args:
        scores: The rows of one replicate in the table that `setting_scores` returns.
    """
    best = ranked(scores, by=["arm"]).drop_duplicates("arm")
    return {
        str(arm): int(setting) for arm, setting in zip(best["arm"], best["setting"], strict=True)
    }


def ranked(scores: pd.DataFrame, *, by: Sequence[str] = ("replicate", "arm")) -> pd.DataFrame:
    """Sort settings by group, and within each group the best first, as in `best_settings`.

    Args:
        scores: Rows of the table that `setting_scores` returns.
        by: The columns that define a group: only settings of the same group compete.
    """
    keys = [*by, "lacks_results", "is_nothing", "score", "tie_break", "setting"]
    told = scores.assign(lacks_results=~_has_all_results(scores), is_nothing=~is_completed(scores))
    order = told[keys].sort_values(keys, kind="stable").index
    return scores.loc[order]


def standing_of(scores: pd.DataFrame) -> Standing:
    """Return the `Standing` of the settings of one arm, all of which have a score.

    Args:
        scores: The arm's rows, in one replicate, of the table that `setting_scores` returns.
    """
    (best,) = best_settings(scores).values()
    completed = frozenset(scores.loc[is_completed(scores), "setting"].astype(int))
    return Standing(best, completed, is_flat(scores))
