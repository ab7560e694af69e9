"""The expected score of the best of a few settings that are drawn independently."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, stdtrit

from ffnn_lab.report.statistics.intervals import CONFIDENCE, Interval

N_PER_BEST = 4
"""Fewest scores, as a multiple of ``n_settings``, with which `best_of_interval` has ends; with
fewer scores, its coverage is too low (simulated in `ffnn_lab.report.reports.coverage`)."""


def best_of(scores: Sequence[float], *, n_settings: int) -> float:
    """Estimate the expected lowest score of ``n_settings`` settings from a larger sample.

    The estimate is the mean of the lowest score over all subsets of ``n_settings`` scores. With
    the scores in ascending order, the i-th of ``n`` has the weight ::

        C(n - i, n_settings - 1) / C(n, n_settings)

    Args:
        scores: Scores of independently drawn settings; lower is better.
        n_settings: Size of the smaller budget, at least 1 and at most ``len(scores)``.

    Returns:
        The unbiased estimate; infinite if a score of positive weight is infinite.

    Raises:
        ValueError: If ``n_settings`` is below 1 or above the number of scores.

    Source:
        Dodge et al. (2019), "Show your work", who draw the subsets with replacement, which is
        biased; this form is of Tang et al. (2020), "Showing your work doesn't always work".
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    return float(np.sum(_products(ordered, _weights(len(ordered), n_settings))))


def best_of_interval(
    scores: Sequence[float], *, n_settings: int, confidence: float = CONFIDENCE
) -> Interval:
    """Compute `best_of` with a jackknife confidence interval.

    Args:
        scores: Scores of independently drawn settings; lower is better, none negative.
        n_settings: Size of the smaller budget, at least 1 and at most ``len(scores)``.
        confidence: The share of such intervals that cover the true expectation.

    Returns:
        The interval ``estimate * exp(-+ t * s)`` with ``s`` the jackknife standard error of the
        logarithm of the estimate, so that no end is below 0. The ends are NaN for fewer than
        ``N_PER_BEST * n_settings`` scores, and where a leave-one-out estimate is 0 or infinite.

    Source:
        Quenouille (1956) and Tukey (1958) for the jackknife.
    """
    n = len(scores)
    estimate = best_of(scores, n_settings=n_settings)
    if n < max(2, N_PER_BEST * n_settings):
        return Interval(estimate, math.nan, math.nan, n)
    without = leave_one_out(scores, n_settings=n_settings)
    if not (without > 0).all() or not np.isfinite(without).all():
        return Interval(estimate, math.nan, math.nan, n)
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * jackknife_error(np.log(without))
    return Interval(estimate, estimate * math.exp(-half), estimate * math.exp(half), n)


@dataclass(frozen=True)
class Estimate:
    """A number with the standard error that a t interval needs."""

    value: float
    standard_error: float
    freedom: float
    """Degrees of freedom of the standard error."""

    def interval(self, *, n: int, confidence: float = CONFIDENCE) -> Interval:
        """Compute the t interval of the number.

        Args:
            n: Number of values from which the number was estimated, for `Interval.n`.
            confidence: Confidence level of the interval.
        """
        half = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.standard_error
        return Interval(self.value, self.value - half, self.value + half, n)


def best_of_difference(
    scores: Sequence[float], others: Sequence[float], *, n_settings: int
) -> Estimate:
    """Estimate the difference in `best_of` between two arms with independently drawn settings.

    Args:
        scores: Finite scores of the first arm's settings.
        others: Finite scores of the second arm's settings.
        n_settings: Number of settings of which the best one counts, in both arms.

    Returns:
        `best_of` of the first arm minus that of the second; the variance of this difference is the
        sum of the two jackknife variances, with Welch-Satterthwaite degrees of freedom.
    """
    sides = (scores, others)
    best, other = (best_of(each, n_settings=n_settings) for each in sides)
    variances = [
        jackknife_error(leave_one_out(each, n_settings=n_settings)) ** 2 for each in sides
    ]
    total = sum(variances)
    squares = sum(v**2 / (len(each) - 1) for v, each in zip(variances, sides, strict=True))
    freedom = total**2 / squares if squares > 0 else float(len(scores) + len(others) - 2)
    return Estimate(best - other, math.sqrt(total), freedom)


def leave_one_out(scores: Sequence[float], *, n_settings: int) -> NDArray[np.float64]:
    """Compute `best_of` without each of the scores in turn.

    Without the i-th lowest score, lower scores keep their weights and each higher score takes the
    weight of its neighbor below, so that two cumulative sums give all values.

    Args:
        scores: The ``n`` scores; lower is better.
        n_settings: Number of settings of which the best one counts, below ``n``.

    Returns:
        The leave-one-out values, ``(n,)``, ordered by the score that is left out, the lowest
        first.
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    weights = _weights(len(ordered) - 1, n_settings)
    lower = np.cumsum(_products(ordered[:-1], weights))
    higher = np.cumsum(_products(ordered[1:], weights)[::-1])[::-1]
    without: NDArray[np.float64] = np.append(0.0, lower) + np.append(higher, 0.0)
    return without


def jackknife_error(without: NDArray[np.float64]) -> float:
    """Compute the jackknife standard error of an estimate from leave-one-out values, ``(n,)``."""
    n = len(without)
    return math.sqrt((n - 1) / n * float(np.sum((without - without.mean()) ** 2)))


@lru_cache(maxsize=4096)
def _weights(n: int, n_settings: int) -> NDArray[np.float64]:
    if not 1 <= n_settings <= n:
        msg = f"the best of {n_settings} settings needs as many scores, got {n}"
        raise ValueError(msg)
    beyond = np.arange(n - 1, -1, -1, dtype=float)  # scores that are no better
    chosen = n_settings - 1
    counts = np.where(beyond >= chosen, _log_choose(np.maximum(beyond, chosen), chosen), -np.inf)
    return np.exp(counts - float(_log_choose(np.array(float(n)), n_settings)))


def _log_choose(n: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1.0) - gammaln(n - k + 1))


def _products(ordered: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = weights > 0  # an infinite score of weight 0 would give NaN
    return np.multiply(ordered, weights, where=counts, out=np.zeros_like(ordered))
