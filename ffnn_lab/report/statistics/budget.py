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
"""Draws that a band takes for each of the settings whose best it is about; with fewer it covers
too rarely (`ffnn_lab.report.reports.coverage`)."""


def best_of(scores: Sequence[float], *, n_settings: int) -> float:
    """Estimate what the best of a few settings scores, from a larger number of them.

    It is the mean of the lowest score over all choices of ``n_settings`` of the given ones: with
    the scores in order, the i-th of n weighs ::

        C(n - i, n_settings - 1) / C(n, n_settings)

    Args:
        scores: Of settings drawn independently, lower is better.
        n_settings: How many one could have afforded, at most as many as there are.

    Returns:
        The estimate, which is unbiased; infinite where a score that counts is.

    Raises:
        ValueError: If there are not so many scores.

    Source:
        Dodge et al. (2019), "Show your work", who choose with replacement, which is biased; this
        form is of Tang et al. (2020), "Showing your work doesn't always work".
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    return float(np.sum(_products(ordered, _weights(len(ordered), n_settings))))


def best_of_interval(
    scores: Sequence[float], *, n_settings: int, confidence: float = CONFIDENCE
) -> Interval:
    """Compute `best_of` and its interval, by the jackknife.

    Args:
        scores: Of settings drawn independently, lower is better, none negative.
        n_settings: How many one could have afforded, at most as many as there are.
        confidence: The share of such intervals that cover the true expectation.

    Returns:
        ``estimate * exp(-+ t * s)`` with ``s`` the jackknife's standard error of the logarithm,
        so that no error rate is below 0; its ends are NaN where there are fewer than `N_PER_BEST`
        scores for each of the settings, or where an estimate is 0 or infinite.

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
        """Compute the t interval."""
        half = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.standard_error
        return Interval(self.value, self.value - half, self.value + half, n)


def best_of_difference(
    scores: Sequence[float], others: Sequence[float], *, n_settings: int
) -> Estimate:
    """Compare what the best of a few settings of two arms scores, drawn independently.

    Args:
        scores: Of the one arm, finite.
        others: Of the other, finite.
        n_settings: How many one could have afforded.

    Returns:
        `best_of` the first minus that of the second; the jackknife's variances are added, and the
        degrees of freedom are Welch and Satterthwaite's.
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
    """Compute `best_of` without each of the scores in turn, in the order of the scores' size.

    Without the i-th, lower scores keep their weights, and each higher one has that of its
    neighbor below: two running sums, whatever the number of scores.
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    weights = _weights(len(ordered) - 1, n_settings)
    lower = np.cumsum(_products(ordered[:-1], weights))
    higher = np.cumsum(_products(ordered[1:], weights)[::-1])[::-1]
    without: NDArray[np.float64] = np.append(0.0, lower) + np.append(higher, 0.0)
    return without


def jackknife_error(without: NDArray[np.float64]) -> float:
    """Compute the standard error of an estimate from its values without each observation."""
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
    counts = weights > 0  # lest an infinite score is multiplied by nothing
    return np.multiply(ordered, weights, where=counts, out=np.zeros_like(ordered))
