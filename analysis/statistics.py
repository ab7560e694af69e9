"""Intervals and deviations: numbers in, numbers out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

CONFIDENCE = 0.95
"""Of every interval in tables and figures."""


@dataclass(frozen=True)
class Interval:
    """A mean and where it may lie."""

    mean: float
    low: float
    high: float
    n: int
    """Values behind it."""


def sample_std(values: Sequence[float]) -> float:
    """Compute the sample standard deviation ``sqrt(sum((x - mean)^2) / (n - 1))``.

    Args:
        values: Any number of numbers.

    Returns:
        The deviation; NaN for fewer than two values, which say nothing about spread.
    """
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def mean_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Compute the t interval of a mean.

    It is ::

        mean -+ t * s / sqrt(n)

    with ``s`` the sample standard deviation and ``t`` the ``(1 + confidence) / 2`` quantile of
    Student's distribution with ``n - 1`` degrees of freedom. Exact if the values are independent
    and normal; equal values give an interval of no width.

    Args:
        values: One number per seed.
        confidence: The share of such intervals that cover the true mean.

    Returns:
        The interval; its ends are NaN for fewer than two values, its mean too for none.

    Source:
        Student (1908), "The probable error of a mean".
    """
    n = len(values)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(np.mean(values))
    if n == 1:
        return Interval(mean, math.nan, math.nan, 1)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * sample_std(values) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n)


def paired_interval(
    values: "pd.Series[float]", others: "pd.Series[float]", *, confidence: float = CONFIDENCE
) -> Interval:
    """Compute the t interval of ``mean(values - others)`` over the seeds that both have.

    Seeds share their split, their start and their batches, so a difference at equal seed varies
    less than either side does; the interval is `mean_interval` of the differences.

    Args:
        values: One number per seed, the seeds as index.
        others: What is taken off, likewise.
        confidence: The share of such intervals that cover the true mean difference.

    Returns:
        The interval; ``n`` counts the pairs.

    Raises:
        ValueError: If a seed occurs twice on one side: it would pair with itself.
    """
    for side in (values, others):
        if not side.index.is_unique:
            twice = sorted(set(side.index[side.index.duplicated()]))
            msg = f"each seed must occur once on each side of a pair, got seed {twice[0]} twice"
            raise ValueError(msg)
    seeds = values.index.intersection(others.index)
    differences = values.loc[seeds].to_numpy() - others.loc[seeds].to_numpy()
    return mean_interval(differences.tolist(), confidence=confidence)
