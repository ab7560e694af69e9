"""Rows of a table of coverage: the share of simulated intervals that cover, or tests that err."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ffnn_lab.report.statistics import CONFIDENCE, Interval

CERTAINTY = 0.99
"""Share of right intervals whose simulated coverage lies within the bounds."""
HAIR = 1e-9
"""Up to which interval ends and truths are equal but for rounding."""


def bounds(share: float, *, n: int, certainty: float = CERTAINTY) -> tuple[float, float]:
    """Return the binomial quantiles between which a simulated share lies if the true one is known.

    Args:
        share: The true one.
        n: Simulations.
        certainty: With which it lies there.
    """
    from scipy.stats import binom  # noqa: PLC0415 - a second of import

    tail = (1 - certainty) / 2
    low, high = (float(binom.ppf(each, n, share)) / n for each in (tail, 1 - tail))
    return low, high


def covers(interval: Interval, truth: float) -> bool:
    """Return whether an interval has the truth."""
    return interval.low - HAIR <= truth <= interval.high + HAIR


def hits(intervals: Iterable[Interval], truth: float) -> list[bool]:
    """Return whether each interval that has ends covers; of equal values there is none."""
    return [covers(each, truth) for each in intervals if not math.isnan(each.low)]


def row_of(
    name: str,
    shape: str,
    n: int,
    found: Sequence[bool],
    *,
    of: str,
    is_test: bool = False,
    promised: float = CONFIDENCE,
) -> dict[str, object]:
    """Return the row of one interval or test.

    Args:
        name: Of the interval or test.
        shape: Of the values' distribution.
        n: Values in a simulation.
        found: One per simulation, whether the interval covers or the test errs.
        of: The kind of the values: ``seeds``, ``settings`` or ``replicates``.
        is_test: Whether the share is of errors, so that a small one is good.
        promised: The share that covers, if the interval is right.
    """
    share = 1 - promised if is_test else promised
    low, high = bounds(share, n=len(found))
    observed = float(np.mean(found))
    return {
        "interval": name,
        "shape": shape,
        "of": of,
        "n": n,
        "share": observed,
        "promised": share,
        "low": low,
        "high": high,
        "kept": observed <= high if is_test else observed >= low,
    }
