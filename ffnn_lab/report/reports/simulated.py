"""Functions for tables of coverage: how often simulated intervals cover, or tests err."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ffnn_lab.report.statistics import CONFIDENCE, Interval

CERTAINTY = 0.99
"""Share of simulated coverages that lie within `bounds` if an interval has nominal coverage."""
HAIR = 1e-9
"""Tolerance for rounding within which the end of an interval equals the true value."""


def bounds(share: float, *, n: int, certainty: float = CERTAINTY) -> tuple[float, float]:
    """Return the binomial quantiles between which a simulated share lies, given the true share.

    Args:
        share: The true share.
        n: Number of simulations.
        certainty: Probability that the simulated share lies between the two quantiles.
    """
    from scipy.stats import binom  # noqa: PLC0415 - a second of import

    tail = (1 - certainty) / 2
    low, high = (float(binom.ppf(each, n, share)) / n for each in (tail, 1 - tail))
    return low, high


def covers(interval: Interval, truth: float) -> bool:
    """Return True if an interval contains the true value, up to rounding."""
    return interval.low - HAIR <= truth <= interval.high + HAIR


def hits(intervals: Iterable[Interval], truth: float) -> list[bool]:
    """Return for each interval whether it contains the true value.

    Args:
        intervals: The intervals; those without ends are left out of the result.
        truth: The true value.
    """
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
    """Return the row of one interval or test in a table of coverage.

    Args:
        name: Name of the interval or test.
        shape: Name of the distribution of the values.
        n: Number of values in a simulation.
        found: For each simulation, whether the interval covers the true value or the test errs.
        of: The unit of the values: ``seeds``, ``settings`` or ``replicates``.
        is_test: True for a test, whose share of errors is good if it is small.
        promised: Nominal coverage of the interval, or one minus the level of the test.

    Returns:
        The row by column, as in `ffnn_lab.report.reports.coverage.coverage_table`.
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
