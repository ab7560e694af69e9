"""Tests and intervals of thousands of comparisons at once, one comparison per row.

Each result equals that of the function for a single comparison. The studies of how often a rule
errs judge every comparison that can be drawn from a sweep; one call of `mean_interval` or
`sign_flip_p` for each would take minutes.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from ffnn_lab.report.statistics.intervals import CONFIDENCE, HAIR
from ffnn_lab.report.statistics.significance import N_FLIPS

_AT_ONCE = 2**20
"""Number of sign-flipped sums per matrix product, so that they fit in a processor's cache."""

Numbers = NDArray[np.float64]


def t_ends(values: Numbers, *, confidence: float = CONFIDENCE) -> tuple[Numbers, Numbers]:
    """Compute the ends of `ffnn_lab.report.statistics.mean_interval` of each row.

    Args:
        values: The values of each comparison, shape ``(comparisons, n)``.
        confidence: Confidence level of the intervals.

    Returns:
        The lower and the upper ends, each of shape ``(comparisons,)``; NaN for a row of one value
        or of equal values, which has no interval.
    """
    n = values.shape[1]
    means, errors = _means_and_errors(values)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * errors if n > 1 else errors
    return means - half, means + half


def t_ps(values: Numbers) -> Numbers:
    """Compute the two-sided p value of Student's test of each row's mean against 0.

    Args:
        values: The values of each comparison, shape ``(comparisons, n)``.

    Returns:
        `ffnn_lab.report.statistics.t_p` of each row, shape ``(comparisons,)``; NaN where the ends
        of `t_ends` are NaN.
    """
    means, errors = _means_and_errors(values)
    ps: Numbers = 2 * stdtr(values.shape[1] - 1, -np.abs(means) / errors)
    return ps


def sign_flip_ps(values: Numbers, *, rng: np.random.Generator) -> Numbers:
    """Compute `ffnn_lab.report.statistics.sign_flip_p` of each row.

    Args:
        values: Paired differences, shape ``(comparisons, n)`` with ``n`` at least 1.
        rng: Random generator that draws the sign patterns if there are too many to try all; all
            rows share the patterns.

    Returns:
        The p values, shape ``(comparisons,)``.
    """
    n = values.shape[1]
    if 2**n <= N_FLIPS:
        signs = np.array(np.meshgrid(*[[1.0, -1.0]] * n)).reshape(n, -1)
        n_known = 0
    else:
        signs = (2.0 * rng.integers(0, 2, (N_FLIPS - 1, n)) - 1).T
        n_known = 1
    observed = np.abs(values.sum(axis=1)) - HAIR * np.abs(values).sum(axis=1)
    ps = np.empty(len(values))
    step = max(1, _AT_ONCE // signs.shape[1])
    for start in range(0, len(values), step):
        rows = slice(start, start + step)
        sums = values[rows] @ signs
        np.abs(sums, out=sums)
        ps[rows] = np.count_nonzero(sums >= observed[rows, None], axis=1)
    return (ps + n_known) / (signs.shape[1] + n_known)


def _means_and_errors(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the mean of each row and its standard error, NaN where there is no interval."""
    n = values.shape[1]
    means: Numbers = values.mean(axis=1)
    if n == 1:
        return means, np.full(len(values), math.nan)
    low, high = values.min(axis=1), values.max(axis=1)
    are_equal = high - low <= HAIR * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
    errors = values.std(axis=1, ddof=1) / math.sqrt(n)
    return means, np.where(are_equal, math.nan, errors)
