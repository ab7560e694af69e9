"""Intervals over seeds: of a mean, a paired difference, an interquartile mean, a share of wins."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

CONFIDENCE = 0.95
"""Confidence level of every interval in tables and figures."""
HAIR = 1e-12
"""Tolerance within which values count as equal: relative, or absolute for values below 1."""
TRIM = 0.25
"""Share of the values that an interquartile mean leaves out at either end."""
N_BOOTSTRAP = 30
"""Fewest values of a bootstrap interval; with fewer values, the interval covers too rarely
(simulated in `reports.coverage`)."""
N_RESAMPLES = 4999
"""Number of resamples of a bootstrap interval."""


@dataclass(frozen=True)
class Interval:
    """An estimate, a mean unless stated otherwise, and the ends of its confidence interval."""

    mean: float
    low: float
    high: float
    n: int
    """Number of values from which the estimate is computed."""

    def within(self, low: float, high: float) -> "Interval":
        """Return the interval with its ends clipped to the range in which the true value must lie.

        Clipping does not change the coverage. Ends that are NaN stay NaN.
        """
        start, end = (
            each if math.isnan(each) else min(max(each, low), high)
            for each in (self.low, self.high)
        )
        return Interval(self.mean, start, end, self.n)


def are_equal(values: Sequence[float]) -> bool:
    """Return True if values are equal up to rounding (`HAIR`), as differences of rates may be."""
    low, high = min(values), max(values)
    return high - low <= HAIR * max(1.0, abs(low), abs(high))


def sample_std(values: Sequence[float]) -> float:
    """Compute the sample standard deviation ``sqrt(sum((x - mean)^2) / (n - 1))``.

    Args:
        values: The numbers, which may be none.

    Returns:
        The standard deviation, exactly 0 for equal values; NaN for fewer than two values.
    """
    if len(values) < 2:  # noqa: PLR2004 - it takes two to differ
        return math.nan
    # The mean of equal values may be off by rounding, and deviations from it not be 0.
    return 0.0 if min(values) == max(values) else float(np.std(values, ddof=1))


def mean_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Compute the t interval of a mean.

    The interval is ::

        mean -+ t * s / sqrt(n)

    with ``s`` the sample standard deviation and ``t`` the ``(1 + confidence) / 2`` quantile of
    Student's distribution with ``n - 1`` degrees of freedom. It is exact if the values are
    independent and normal. Equal values have no interval: an interval of zero width would never
    cover the mean of values that can differ (simulated in `reports.coverage`).

    Args:
        values: One number per seed.
        confidence: The share of such intervals that cover the true mean.

    Returns:
        The interval; its ends are NaN for fewer than two values and for equal values, and its mean
        is NaN for no values.

    Source:
        Student (1908), "The probable error of a mean".
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(np.mean(values))
    if n == 1 or are_equal(values):
        return Interval(mean, math.nan, math.nan, n)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * sample_std(values) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def differences_by_seed(
    values: "pd.Series[float]", others: "pd.Series[float]"
) -> "pd.Series[float]":
    """Compute ``values - others`` at each seed that both have.

    Runs of one seed share their split, their initialization and their batches, so a difference at
    an equal seed varies less than either of the two numbers does.

    Args:
        values: One number per seed, the seeds as index.
        others: The numbers to subtract, one per seed, the seeds as index.

    Returns:
        The differences, the seeds as index.

    Raises:
        ValueError: If a seed occurs twice on one side: it would pair with itself.
    """
    for side in (values, others):
        if not side.index.is_unique:
            twice = sorted(set(side.index[side.index.duplicated()]))
            msg = f"each seed must occur once on each side of a pair, got seed {twice[0]} twice"
            raise ValueError(msg)
    if values.index.equals(others.index):
        return values - others
    seeds = values.index.intersection(others.index)
    return values.loc[seeds] - others.loc[seeds]


def paired_interval(
    values: "pd.Series[float]", others: "pd.Series[float]", *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the t interval of ``mean(values - others)`` over the seeds that both have.

    Args:
        values: One number per seed, the seeds as index.
        others: The numbers to subtract, one per seed, the seeds as index.
        confidence: The share of such intervals that cover the true mean difference.

    Returns:
        `mean_interval` of `differences_by_seed`; ``n`` counts the pairs.

    Raises:
        ValueError: If a seed occurs twice on one side.
    """
    differences = differences_by_seed(values, others)
    return mean_interval(differences.tolist(), confidence=confidence)


def interquartile_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Compute the interquartile mean, which is robust to a few outliers, and its interval.

    With ``g`` the integer part of ``n / 4``, the mean ``m`` is over the ``h = n - 2 g`` values in
    the middle, and the interval is ::

        m -+ t * s_w / (h / n * sqrt(n))

    with ``t`` Student's quantile for ``h - 1`` degrees of freedom and ``s_w`` the winsorized
    standard deviation: that of the values after the ``g`` lowest are set to the next higher value
    and the ``g`` highest to the next lower one. This formula has better coverage than a bootstrap
    at usual numbers of seeds (0.93 to 0.95 against about 0.90 at n = 10).

    Args:
        values: One number per seed.
        confidence: The share of such intervals that cover the true interquartile mean.

    Returns:
        The interval; its ends are NaN for fewer than two values, and where the middle values are
        equal.

    Source:
        Tukey and McLaughlin (1963), Sankhya A 25; the interquartile mean as a summary of runs:
        Agarwal et al. (2021).
    """
    n = len(values)
    if n < 2:  # noqa: PLR2004 - as in mean_interval
        return mean_interval(values, confidence=confidence)
    ordered = np.sort(np.asarray(values, dtype=float))
    g = int(TRIM * n)
    h = n - 2 * g
    mean = float(np.mean(ordered[g : n - g]))
    winsorized = ordered.clip(ordered[g], ordered[n - g - 1]).tolist()
    if are_equal(winsorized):
        return Interval(mean, math.nan, math.nan, n)
    error = sample_std(winsorized) / (h / n * math.sqrt(n))
    half = float(stdtrit(h - 1, (1 + confidence) / 2)) * error
    return Interval(mean, mean - half, mean + half, n)


def improvement_interval(
    values: "pd.Series[float]", others: "pd.Series[float]", *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the probability that ``values`` is the lower at an equal seed; ties count half.

    The interval is Wilson's for a share of ``n`` pairs; with ties it is a little wide.

    Args:
        values: One error per seed, the seeds as index.
        others: The errors to compare with, one per seed, the seeds as index.
        confidence: The share of such intervals that cover the true probability.

    Returns:
        The share of the seeds that both have at which ``values`` is lower, with its interval; NaN
        if they have no seed in common.

    Source:
        Wilson (1927), "Probable inference"; the probability of improvement as a summary of runs:
        Agarwal et al. (2021), who compare all seeds with all others, while ours are paired.
    """
    differences = differences_by_seed(values, others).to_numpy()
    n = len(differences)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    share = float((np.sum(differences < 0) + np.sum(differences == 0) / 2) / n)
    z = float(ndtri((1 + confidence) / 2))
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return Interval(share, max(0.0, center - half), min(1.0, center + half), n)


def bootstrap_interval(
    values: Sequence[float], *, rng: np.random.Generator, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the bootstrap interval of a mean, bias-corrected and accelerated (BCa).

    Args:
        values: One number per seed.
        rng: Random generator that draws the resamples.
        confidence: The share of such intervals that cover the true mean, if there are many values.

    Returns:
        The interval; its ends are NaN for fewer than `N_BOOTSTRAP` values, and where all are
        equal.

    Source:
        Efron (1987), "Better bootstrap confidence intervals".
    """
    mean = float(np.mean(values)) if len(values) else math.nan
    if len(values) < N_BOOTSTRAP or are_equal(values):
        return Interval(mean, math.nan, math.nan, len(values))
    from scipy.stats import bootstrap  # noqa: PLC0415 - a second of import, seldom needed

    found = bootstrap(
        (np.asarray(values),),
        np.mean,
        n_resamples=N_RESAMPLES,
        confidence_level=confidence,
        method="BCa",
        rng=rng,
    ).confidence_interval
    return Interval(mean, float(found.low), float(found.high), len(values))
