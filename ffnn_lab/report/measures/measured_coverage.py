"""Coverage of intervals, measured on a sweep with so many replicates that the truth is known.

The truth is the mean difference between two arms over all replicates. The replicates are cut into
small groups, each of which is taken for a sweep with so few replicates, and the interval of each
group covers the truth or does not. An interval without ends, as for equal differences, counts as
covering.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.tables import interval_columns
from ffnn_lab.report.measures.tuned_errors import differences_between, whole_replicates
from ffnn_lab.report.statistics import (
    CONFIDENCE,
    Interval,
    exact_interval,
    subset_interval,
    t_ends,
)
from ffnn_lab.report.statistics.subsets import Outcome
from ffnn_lab.seeds import stream

SEEDS = "seeds of one tuning"
REPLICATES = "replicates"
SIZES = (5, 10, 20)
"""Numbers of replicates per comparison."""
COLUMNS = [
    *("of", "n_replicates", "arm", "against", "truth", "covered", "n", "n_without"),
    *("share", "share.low", "share.high", "expected"),
    *("random", "random.low", "random.high"),
]


def coverage_table(
    errors: pd.DataFrame, pairs: Sequence[Contrast], *, sizes: Sequence[int] = SIZES
) -> pd.DataFrame:
    """Tabulate how often intervals of a difference cover the mean difference of all replicates.

    Args:
        errors: The table of `ffnn_lab.report.measures.tuned_errors.tuned_errors`.
        pairs: The pairs of arms to compare.
        sizes: Numbers of replicates per comparison.

    Returns:
        For each pair a row for the t interval over the seeds of a single replicate
        (``n_replicates`` is 1), and a row for the t interval over the means of so many replicates,
        for each of ``sizes``; replicates are grouped in their order. ``truth`` is the difference
        to be covered; of ``n`` intervals, ``covered`` is the number that cover it, ``n_without``
        the number that have no ends, and ``share`` the share that cover it, with its exact
        binomial interval. ``expected`` is the share that covers if replicates are normal, see
        `expected_coverage`. ``random`` is the share among groups that are drawn at random, with
        `subset_interval`.
    """
    whole = whole_replicates(errors)
    rows: list[dict[str, object]] = []
    for place, pair in enumerate(pairs):
        by_seed = by_replicate_and_seed(differences_between(whole, pair))
        means = by_seed.mean(axis=1)
        truth = float(means.mean())
        named = {"arm": pair.arm, "against": pair.against, "truth": truth}
        none = interval_columns("random", Interval(math.nan, math.nan, math.nan, 0))
        rows.append(
            {"of": SEEDS, "n_replicates": 1, **named, **_counted(by_seed, truth), **none}
            | {"expected": math.nan}
        )
        for size in sizes:
            n_groups = len(means) // size
            groups = means[: n_groups * size].reshape(n_groups, size)
            rng = stream(0, "analysis", 20, place, size)
            drawn = subset_interval(_covering(means, truth), n=len(means), size=size, rng=rng)
            rows.append(
                {"of": REPLICATES, "n_replicates": size, **named, **_counted(groups, truth)}
                | {"expected": expected_coverage(size, of=len(means))}
                | interval_columns("random", drawn)
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def by_replicate_and_seed(values: "pd.Series[float]") -> NDArray[np.float64]:
    """Return values as an array of shape ``(replicates, seeds)``.

    Args:
        values: Values indexed by replicate and seed; every replicate has all seeds.
    """
    n = values.index.get_level_values(0).nunique()
    return np.asarray(values, dtype=np.float64).reshape(n, -1)


def covers(groups: NDArray[np.float64], truth: float) -> NDArray[np.float64]:
    """Return for each comparison 1 if its interval covers a truth, or has no ends, and 0 if not.

    Args:
        groups: The values of each comparison, shape ``(comparisons, n)``.
        truth: The value to be covered.

    Returns:
        The zeros and ones, shape ``(comparisons,)``.
    """
    low, high = t_ends(groups)
    errs: NDArray[np.float64] = ((truth < low) | (truth > high)).astype(float)
    return 1 - errs


def _covering(means: NDArray[np.float64], truth: float) -> Outcome:
    return lambda groups: covers(means[groups], truth)


def expected_coverage(size: int, *, of: int) -> float:
    """Compute how often a t interval covers the mean of a larger sample that includes its values.

    The mean of ``size`` values differs less from the mean of all ``of`` values, which include
    them, than from the true mean: the variance of the difference is ``1 - size / of`` times as
    large, and independent of the standard deviation within the group. So the coverage is the
    probability that Student's t is at most its 0.975 quantile, divided by the square root of this
    factor, in absolute value.

    Args:
        size: Number of values of a comparison.
        of: Number of values of the larger sample.

    Returns:
        The coverage for independent normal values: a little above `CONFIDENCE`, and 1 if a
        comparison has all values.
    """
    if size >= of:
        return 1.0
    quantile = float(stdtrit(size - 1, (1 + CONFIDENCE) / 2)) / math.sqrt(1 - size / of)
    return 1 - 2 * float(stdtr(size - 1, -quantile))


def _counted(groups: NDArray[np.float64], truth: float) -> dict[str, object]:
    covered = int(covers(groups, truth).sum())
    return {
        "covered": covered,
        "n": len(groups),
        "n_without": int(np.isnan(t_ends(groups)[0]).sum()),
        **interval_columns("share", exact_interval(covered, len(groups))),
    }
