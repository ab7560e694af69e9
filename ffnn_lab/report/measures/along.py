"""Scores of settings by their value on one axis, over all values of the other axes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ffnn_lab.edges import edge_text
from ffnn_lab.protocols.space import Interval
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner, setting_values
from ffnn_lab.report.measures.replicates import COUNT, LISTED, listed

OBJECTIVE = ("split", "metric", "aggregate")
"""Fields of a sweep's objective that define a score; the tables have them as columns."""
N_BINS = 5
"""Number of bins of an axis whose values were drawn from a range."""


@dataclass(frozen=True)
class Bins:
    """Bins of an axis: one for each value of a list, or equal parts of a range."""

    places: tuple[float, ...]
    """Position of each bin on the axis: the value of a list, or the middle of a part."""
    labels: tuple[str, ...]
    ends: tuple[float, ...] = ()
    """Boundaries of the parts, one more than there are parts; empty for a list."""
    is_log: bool = False
    """True if the parts are equal on a log scale."""

    def at(self, value: float) -> int:
        """Return the index of the bin in which a value lies."""
        if not self.ends:
            return self.places.index(value)
        inner = self.ends[1:-1]
        return int(np.searchsorted(inner, value, side="right"))


def setting_points(
    sweep: Sweep, winners: Mapping[str, Winner], *, key: str, arms: Iterable[str]
) -> pd.DataFrame:
    """Return each tuned setting's value on an axis, and its score.

    Args:
        sweep: The sweep.
        winners: The winner of each arm.
        key: The axis, by the config's dotted name; an arm may also have a fixed value of it.
        arms: The arms whose settings are returned.

    Returns:
        One row per arm and setting: the setting's value, in the column ``key``; ``score`` (the
        objective's ``metric`` on its ``split``, ``aggregate`` over the tuning seeds); ``n_seeds``,
        ``n_diverged``, ``n_pruned``, ``n_failed``; ``is_complete``, True if all tune seeds are
        recorded; ``is_winner``; and the ``edges`` on which a winner lies, as a text.
    """
    names = ("setting", "score", "n_seeds", "n_diverged", "n_pruned", "n_failed", "is_complete")
    columns: dict[str, list[Any]] = {
        name: [] for name in ("arm", key, "is_winner", "edges", *names)
    }
    for arm in arms:
        scores = sweep.scores_of(arm)
        of_arm = {name: scores[name].tolist() for name in names}
        values, winner = setting_values(sweep, arm, [key]), winners.get(arm)
        best, edges = (winner.setting, edge_text(winner.edges)) if winner else (None, "")
        is_winner = [setting == best for setting in of_arm["setting"]]
        of_arm |= {
            "arm": [arm] * len(scores),
            key: [values[setting][key] for setting in of_arm["setting"]],
            "is_winner": is_winner,
            "edges": [edges if each else "" for each in is_winner],
        }
        for name, of_all in columns.items():
            of_all.extend(of_arm[name])
    objective = {
        name: [getattr(sweep.objective, name)] * len(columns["arm"]) for name in OBJECTIVE
    }
    order = [
        *("arm", "setting", key, *OBJECTIVE, "score", "n_seeds"),
        *("n_diverged", "n_pruned", "n_failed", "is_complete", "is_winner", "edges"),
    ]
    table = pd.DataFrame(columns | objective, columns=order)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))


def has_place(points: pd.DataFrame) -> pd.Series:
    """Return a mask of the rows of `setting_points` whose score is finite and so can be drawn."""
    return points["score"].map(math.isfinite).astype(bool)


def series_of(sweep: Sweep, key: str) -> dict[str, str]:
    """Return the arms that vary along an axis, each with the series that it belongs to.

    An arm that tunes the axis is a series by itself, if settings with two values or more were
    tried. Arms of one optimizer that have a fixed value of the axis form a series, named after the
    optimizer, if their values differ.

    Args:
        sweep: The sweep.
        key: The axis, by the config's dotted name.

    Returns:
        A mapping from each such arm to the name of its series, in the definition's order.
    """
    found = {}
    values = {
        arm: [_number(each[key]) for each in setting_values(sweep, arm, [key]).values()]
        for arm in sweep.arms
    }
    fixed: dict[str, set[float]] = {}
    for arm, of_arm in values.items():
        if key not in sweep.arms[arm].space:
            fixed.setdefault(sweep.arms[arm].optimizer, set()).update(of_arm)
    for arm, of_arm in values.items():
        optimizer = sweep.arms[arm].optimizer
        if key in sweep.arms[arm].space:
            series, tried = arm, set(of_arm)
        else:
            series, tried = optimizer, fixed[optimizer]
        is_shown = len(tried) > 1 and not any(map(math.isnan, tried))
        if series and of_arm and is_shown:
            found[arm] = series
    return found


def _number(value: object) -> float:
    """Return a number as a float, and NaN for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan  # type: ignore[arg-type]  # is_number says so


def bins_of(sweep: Sweep, values: Sequence[float], *, key: str, arms: Iterable[str]) -> Bins:
    """Choose the bins of an axis.

    Args:
        sweep: The sweep whose arms declare the axis.
        values: All values that were tried; a growing grid has more values than it declares.
        key: The axis, by the config's dotted name.
        arms: The arms that are shown; an arm may also have a fixed value of the axis.

    Returns:
        A bin for each value if all arms choose from lists, or else `N_BINS` equal parts of the
        range that the arms' declarations and the values span, on a log scale if all arms search
        the axis on a log scale.
    """
    axes = [sweep.arms[arm].space[key] for arm in arms if key in sweep.arms[arm].space]
    ranges = [axis for axis in axes if isinstance(axis, Interval)]
    if not ranges:
        tried = sorted(set(values))
        return Bins(tuple(tried), tuple(f"{value:g}" for value in tried))
    low = min(*(float(axis.low) for axis in ranges), *values)
    high = max(*(float(axis.high) for axis in ranges), *values)
    is_log = low > 0 and all(axis.log for axis in ranges)
    cut = np.geomspace if is_log else np.linspace
    # Of twice as many parts, every other end is a middle.
    points = [float(each) for each in cut(low, high, 2 * N_BINS + 1)]
    ends, middles = points[::2], points[1::2]
    labels = [f"{a:.3g} to {b:.3g}" for a, b in pairwise(ends)]
    return Bins(tuple(middles), tuple(labels), tuple(ends), is_log)


def best_by_bin(points: pd.DataFrame, bins: Bins, *, key: str) -> pd.DataFrame:
    """Find the best setting of each series in each bin.

    Args:
        points: The table of `setting_points`, with the column ``series`` of `series_points`.
        bins: The bins of the axis.
        key: The axis, by the config's dotted name.

    Returns:
        One row per series and bin, also where nothing was tried: the index of the ``bin``, its
        label in the column ``key``, its ``place`` on the axis; of the best setting in the bin the
        ``score`` (NaN if no setting has a score), the ``arm``, the number ``setting`` and
        ``is_winner``; and ``n_settings``, the number of settings in the bin that have a finite
        score and all their tune seeds.
    """
    return _best_of_each(points.assign(**{LISTED: 0}), bins, key=key)


def _best_of_each(points: pd.DataFrame, bins: Bins, *, key: str) -> pd.DataFrame:
    """Return the rows of `best_by_bin` for each replicate in the column `LISTED`, concatenated."""
    scored = points[has_place(points) & points["is_complete"].astype(bool)]
    scored = scored.assign(bin=[bins.at(float(value)) for value in scored[key]])
    # The winner stands for those that score alike: ties were broken in its favor.
    ordered = scored.sort_values(["score", "is_winner", "setting"], ascending=[True, False, True])
    names = ("score", "arm", "setting", "is_winner")
    places = zip(*(ordered[name].tolist() for name in (LISTED, "series", "bin")), strict=True)
    best = zip(*(ordered[name].tolist() for name in names), strict=True)
    inside: dict[tuple[int, str, int], list[tuple[Any, ...]]] = {}
    for cell, of_best in zip(places, best, strict=True):
        inside.setdefault(cell, []).append(of_best)
    objective = {name: points[name].iloc[0] for name in OBJECTIVE}
    rows = []
    for replicate, series in points[[LISTED, "series"]].drop_duplicates().itertuples(index=False):
        for number, (place, label) in enumerate(zip(bins.places, bins.labels, strict=True)):
            found = inside.get((replicate, series, number), [])
            score, arm, setting, is_winner = found[0] if found else (math.nan, "", None, False)
            rows.append(
                {
                    "series": series,
                    "bin": number,
                    "place": place,
                    key: label,
                    "score": float(score),
                    "arm": str(arm),
                    "setting": setting,
                    "is_winner": bool(is_winner),
                    "n_settings": len(found),
                    **objective,
                }
            )
    return pd.DataFrame(rows).astype({"setting": "Int64"})


Tuning = tuple[Sweep, Mapping[str, Winner]]
"""A replicate and each arm's winner in it."""


def series_points(
    sweep: Sweep, winners: Mapping[str, Winner], *, key: str, replicates: Sequence[Tuning] = ()
) -> pd.DataFrame:
    """Return the table of `setting_points` for all arms of `series_of`, with a column ``series``.

    Args:
        sweep: The sweep.
        winners: The winner of each arm; not read if ``replicates`` are given.
        key: The axis, by the config's dotted name.
        replicates: All replicates, if there are several. Then the table has the rows of each, with
            the number of the replicate in the column `LISTED`.
    """
    series = series_of(sweep, key)
    tables = [
        setting_points(each, of_each, key=key, arms=series)
        for each, of_each in replicates or [(sweep, winners)]
    ]
    table = listed(tables) if replicates else tables[0]
    return table.assign(series=table["arm"].map(series).astype(str)) if len(table) else table


def best_of_bins(points: pd.DataFrame, bins: Bins, *, key: str) -> pd.DataFrame:
    """Return the table of `best_by_bin`; of `mean_by_bin` if ``points`` are of several replicates.

    Args:
        points: The table of `series_points`.
        bins: The bins of the axis.
        key: The axis, by the config's dotted name.
    """
    average = mean_by_bin if LISTED in points else best_by_bin
    return average(points, bins, key=key)


def mean_by_bin(points: pd.DataFrame, bins: Bins, *, key: str) -> pd.DataFrame:
    """Average the best score of each bin over replicates.

    Args:
        points: The table of `series_points`, with the number of the replicate in the column
            `LISTED`.
        bins: The bins of the axis, the same for all replicates.
        key: The axis, by the config's dotted name.

    Returns:
        A table like that of `best_by_bin`: the ``score`` is the mean over the replicates that have
        a score in the bin, the column `COUNT` is the number of these replicates, ``n_settings`` is
        the sum, and ``is_winner`` is False.
    """
    groups = _best_of_each(points, bins, key=key).groupby(["series", "bin"], sort=False)
    found = groups.first()
    return found.assign(
        score=groups["score"].mean(),
        n_settings=groups["n_settings"].sum(),
        is_winner=False,
        **{COUNT: groups["score"].count()},
    ).reset_index()


def score_words(points: pd.DataFrame) -> str:
    """Return the label of a score with its unit, e.g. ``dev error (%), mean over seeds``.

    Args:
        points: A table with the columns `OBJECTIVE`.
    """
    split, metric, aggregate = points[["split", "metric", "aggregate"]].iloc[0]
    over_seeds = f"{aggregate} {'of' if aggregate == 'worst' else 'over'} seeds"
    return f"{split} {metric} ({'%' if metric == 'error' else 'nats'}), {over_seeds}"
