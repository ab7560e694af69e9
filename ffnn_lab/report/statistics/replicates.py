"""Comparisons of tuned methods over replicates, each a whole repeat of tune and confirm.

A replicate counts as one value: its seeds share a split and a tuning, whose effect no number of
seeds can average out. `replicates_to_resolve` counts the replicates that would settle a
difference; `ffnn_lab.report.statistics.components` estimates the variance due to splits, tunings
and seeds.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd

from ffnn_lab.report.statistics.exact import exact_bounds
from ffnn_lab.report.statistics.intervals import (
    CONFIDENCE,
    Interval,
    differences_by_seed,
    mean_interval,
)
from ffnn_lab.report.statistics.significance import LEVEL, POWER, seeds_to_resolve

FEWEST_REPLICATES = 3
"""Fewest replicates of a comparison: with two, an interval is too wide to settle anything."""
GAMMA = 0.75
"""Probability above which an improvement is meaningful, as Bouthillier et al. recommend."""

NOT_SIGNIFICANT: Final = "not significant"
NOT_MEANINGFUL: Final = "significant, not meaningful"
MEANINGFUL: Final = "significant and meaningful"
Improvement = Literal[
    "not significant", "significant, not meaningful", "significant and meaningful"
]


def replicate_differences(
    values: "pd.Series[float]", others: "pd.Series[float]"
) -> "pd.Series[float]":
    """Compute the mean paired difference of each replicate.

    Args:
        values: One number per run, indexed by ``(replicate, seed)``.
        others: The numbers to subtract, one per run, indexed by ``(replicate, seed)``.

    Returns:
        One number per replicate that has a pair, indexed by replicate in ascending order: the mean
        of `differences_by_seed`.

    Raises:
        ValueError: If a seed occurs twice in a replicate on one side.
    """
    differences = differences_by_seed(values, others)
    return differences.groupby(level=0).mean()


def replicate_interval(
    values: "pd.Series[float]", others: "pd.Series[float]", *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the t interval of the mean difference between two tuned methods.

    Args:
        values: One number per run, indexed by ``(replicate, seed)``.
        others: The numbers to subtract, one per run, indexed by ``(replicate, seed)``.
        confidence: The share of such intervals that cover the mean difference over splits,
            tunings and seeds.

    Returns:
        `mean_interval` of `replicate_differences`; ``n`` counts the replicates, and with a single
        replicate there is no interval. Replicates have equal weight, whatever their numbers of
        seeds.

    Raises:
        ValueError: If a seed occurs twice in a replicate on one side.
    """
    differences = replicate_differences(values, others)
    return mean_interval(differences.tolist(), confidence=confidence)


def replicates_to_resolve(
    distance: float, *, std: float, level: float = LEVEL, power: float = POWER
) -> int | None:
    """Count the replicates at which a paired t test would distinguish two tuned methods.

    Args:
        distance: Assumed distance between the true mean difference and the value against which it
            is tested, 0 or a margin, such as the observed distance.
        std: Assumed standard deviation of the replicates' differences, such as the observed one;
            for another number of seeds per replicate, the square root of
            `Components.variance_of_mean` of one replicate.
        level: Level of the two-sided test; with several contrasts, its part of the overall level.
        power: Probability with which the test is to reject.

    Returns:
        The smallest such number, at least `FEWEST_REPLICATES`; None where `seeds_to_resolve`
        returns None.
    """
    needed = seeds_to_resolve(distance, std=std, level=level, power=power)
    return None if needed is None else max(needed, FEWEST_REPLICATES)


def corrected_interval(
    differences: Sequence[float], *, n_train: int, n_test: int, confidence: float = CONFIDENCE
) -> Interval:
    """Compute an interval of the mean difference that extends to other data sets of the same kind.

    Replicates draw their splits from one data set: their train sets overlap, so that replicates
    agree with one another more than with other data of the same kind. The interval is ::

        mean -+ t * s * sqrt(1 / R + n_test / n_train)

    with ``s`` the sample standard deviation over ``R`` replicates and ``t`` Student's quantile for
    ``R - 1`` degrees of freedom. The second term stays, however many replicates there are.

    Args:
        differences: The difference in each replicate.
        n_train: Number of examples on which a network is trained, including the dev split if
            settings were chosen by it.
        n_test: Number of examples on which a difference is measured.
        confidence: The share of such intervals that cover the mean difference over data sets of
            this size. It is approximate: no unbiased estimate of that variance exists.

    Returns:
        The interval; its ends are NaN where those of `mean_interval` are.

    Raises:
        ValueError: If a number of examples is not positive.

    Source:
        Nadeau and Bengio (2003), "Inference for the generalization error", Machine Learning 52,
        their corrected resampled t.
    """
    if n_train < 1 or n_test < 1:
        msg = f"examples are counted from 1, got n_train {n_train} and n_test {n_test}"
        raise ValueError(msg)
    plain = mean_interval(differences, confidence=confidence)
    factor = math.sqrt(1 + plain.n * n_test / n_train)
    half = factor * (plain.high - plain.mean)
    return Interval(plain.mean, plain.mean - half, plain.mean + half, plain.n)


def improvement_over_replicates(
    differences: Sequence[float], *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the probability that one tuned method has the lower error in a new replicate.

    Args:
        differences: In each replicate, the error of the method minus that of the other method.
        confidence: The share of such intervals that cover the true probability, at least.

    Returns:
        The share of differences below 0, where ties count half, and its exact interval. For the
        lower end ties count as worse and for the upper end as better, so that the interval covers
        the probability whichever way the ties would have been broken.

    Source:
        Clopper and Pearson (1934) for the interval; the probability of improvement: Bouthillier
        et al. (2021), "Accounting for variance in machine learning benchmarks", whose
        resampled interval has no width where all differences have one sign, as those of few
        replicates often do.
    """
    signs = np.asarray(differences, dtype=float)
    n, wins, ties = len(signs), int(np.sum(signs < 0)), int(np.sum(signs == 0))
    tails = (1 + confidence) / 2
    low, _ = exact_bounds(wins, n, confidence=tails)
    _, high = exact_bounds(wins + ties, n, confidence=tails)
    return Interval((wins + ties / 2) / n if n else math.nan, low, high, n)


def improvement_verdict(interval: Interval, *, gamma: float = GAMMA) -> Improvement:
    """Return whether a probability of improvement is significant, and whether it is meaningful.

    Args:
        interval: Interval of `improvement_over_replicates`. If it lies below 0.5, the other method
            is the better one, and the verdict is on its probability of improvement.
        gamma: Probability above which an improvement is meaningful, declared beforehand.

    Returns:
        ``not significant`` if the interval contains 0.5; otherwise ``significant and meaningful``
        if the interval reaches beyond ``gamma`` (below ``1 - gamma`` for the other method), so
        that the probability may be more than ``gamma``; else ``significant, not meaningful``.

    Raises:
        ValueError: If ``gamma`` does not lie between 0.5 and 1.

    Source:
        Bouthillier et al. (2021), appendix C.
    """
    if not 1 / 2 < gamma < 1:
        msg = f"gamma lies between 0.5 and 1, got {gamma}"
        raise ValueError(msg)
    low, high = interval.low, interval.high
    if high < 1 / 2:
        low, high = 1 - high, 1 - low
    if not low > 1 / 2:
        return NOT_SIGNIFICANT
    return MEANINGFUL if high > gamma else NOT_MEANINGFUL
