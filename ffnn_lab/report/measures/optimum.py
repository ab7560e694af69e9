"""The table of the best value on each tuned axis, over replicates."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ffnn_lab.protocols.space import Axis, Interval
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.measures.tuned import Replicate
from ffnn_lab.report.statistics import Vertex, optimum_over_replicates, vertex_of

COLUMNS = [
    *("arm", "axis", COUNT, "best.lowest", "best.median", "best.highest"),
    *("optimum", "optimum.low", "optimum.high", "n_inside", "n_at_edge", "n_unclear"),
]


def optimum_table(replicates: Sequence[Replicate]) -> pd.DataFrame:
    """Tabulate the best values that tuning found on each numerical axis.

    Args:
        replicates: The replicates in order.

    Returns:
        One row per arm and axis, with values in the unit of the axis: the lowest, median and
        highest value among the best settings of the replicates (``best.lowest``, ...), and the
        number of replicates with a best setting, in the column `COUNT`. For an axis that is
        searched on a log scale, ``optimum`` is the geometric mean of the optima of parabolas
        fitted to the tuning scores of each replicate (`ffnn_lab.report.statistics.optimum`), with
        the ends of its 95% t interval over replicates; ``n_inside``, ``n_at_edge`` and
        ``n_unclear`` are the numbers of replicates whose optimum lies inside the range, beyond it,
        or is unclear.
    """
    arms = replicates[0].sweep.arms
    rows = [
        {
            "arm": name,
            "axis": key,
            **_best(replicates, name, key),
            **_fitted(replicates, name, key),
        }
        for name, arm in arms.items()
        for key, axis in arm.space.items()
        if _is_of_numbers(axis)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table[table[COUNT] > 0].reset_index(drop=True)


def _is_of_numbers(axis: Axis) -> bool:
    if isinstance(axis, Interval):
        return True
    values: Sequence[object] = axis.values  # noqa: PD011 - no DataFrame
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _best(replicates: Sequence[Replicate], arm: str, key: str) -> dict[str, float]:
    best = [float(str(each.winners[arm].point[key])) for each in replicates if arm in each.winners]
    if not best:
        return {COUNT: 0}
    lowest, median, highest = (float(each) for each in np.quantile(best, (0, 0.5, 1)))
    values = {"lowest": lowest, "median": median, "highest": highest}
    return {COUNT: len(best), **{f"best.{name}": value for name, value in values.items()}}


def _fitted(replicates: Sequence[Replicate], arm: str, key: str) -> dict[str, float]:
    axis = replicates[0].sweep.arms[arm].space[key]
    if not isinstance(axis, Interval) or not axis.log:
        return {}
    found = optimum_over_replicates([_vertex(each, arm, key, axis) for each in replicates])
    return {
        "optimum": found.interval.mean,
        "optimum.low": found.interval.low,
        "optimum.high": found.interval.high,
        "n_inside": found.interval.n,
        "n_at_edge": found.n_at_edge,
        "n_unclear": found.n_unclear,
    }


def _vertex(replicate: Replicate, arm: str, key: str, axis: Interval) -> Vertex:
    """Estimate the optimum of an axis from the tuning scores of one replicate."""
    scores = replicate.sweep.scores_of(arm)
    scores = scores[scores["is_complete"].to_numpy()]
    values = replicate.sweep.tuned_values[arm]
    tried = [float(str(values[setting][key])) for setting in scores["setting"].tolist()]
    return vertex_of(tried, scores["score"].tolist(), low=float(axis.low), high=float(axis.high))
