"""Exact inference on a share, k of n: interval, one-sided bounds, test; clustered outcomes."""

import math
from collections.abc import Hashable, Sequence
from typing import Literal

from scipy.special import bdtr, bdtrc, betaincinv

from ffnn_lab.report.statistics.intervals import CONFIDENCE, Interval


def exact_bounds(k: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Compute the two one-sided bounds of a share, each at the given confidence by itself.

    At the lower bound, ``k`` or more successes in ``n`` trials have the probability
    ``1 - confidence``; at the upper bound, ``k`` or fewer successes have it. For 0 of 6 the upper
    bound is ``1 - 0.05^(1/6) = 0.39``: an outcome that was never observed may still be frequent.

    Args:
        k: Number of successes.
        n: Number of independent trials; with none, the bounds are 0 and 1.
        confidence: Confidence level of each bound.

    Returns:
        The lower bound, which is 0 for no success, and the upper one, which is 1 for no failure.

    Raises:
        ValueError: If ``k`` does not lie in 0 to ``n``.

    Source:
        Clopper and Pearson (1934), Biometrika 26; by quantiles of the beta distribution.
    """
    _check(k, n)
    tail = 1 - confidence
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def exact_interval(k: int, n: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Compute the exact two-sided interval of a share.

    Args:
        k: Number of successes.
        n: Number of independent trials.
        confidence: The share of such intervals that cover the true share, at least.

    Returns:
        ``k / n`` and both `exact_bounds`, each at the confidence ``(1 + confidence) / 2``; the
        mean is NaN for no trials.

    Raises:
        ValueError: If ``k`` does not lie in 0 to ``n``.

    Source:
        Clopper and Pearson (1934), Biometrika 26.
    """
    low, high = exact_bounds(k, n, confidence=(1 + confidence) / 2)
    return Interval(k / n if n else math.nan, low, high, n)


def effective_interval(share: float, n: float, *, confidence: float = CONFIDENCE) -> Interval:
    """Compute an interval of a share whose trials depend on one another.

    This is `exact_interval` at the number of independent trials that would estimate the share
    equally well, ``share * (1 - share) / v`` with ``v`` the variance of the estimate. Neither that
    number nor the number of successes need be an integer.

    Args:
        share: The estimated share.
        n: The effective number of trials, at least 1.
        confidence: The share of such intervals that cover the true share, about.

    Returns:
        The interval, with ``n`` rounded down.

    Raises:
        ValueError: If the share does not lie in 0 to 1, or ``n`` is below 1.

    Source:
        Korn and Graubard (1998), "Confidence intervals for proportions with small expected number
        of positive counts estimated from survey data", Survey Methodology 24.
    """
    if not 0 <= share <= 1 or n < 1:
        msg = f"a share lies in 0 to 1, of at least one trial; got {share} of {n}"
        raise ValueError(msg)
    tail = (1 - confidence) / 2
    k = share * n
    low = 0.0 if share == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if share == 1 else float(betaincinv(k + 1, n - k, 1 - tail))
    return Interval(share, low, high, math.floor(n))


def exact_p(
    k: int, n: int, *, border: float, side: Literal["both", "below", "above"] = "both"
) -> float:
    """Test a share against a border, exactly.

    Args:
        k: Number of successes.
        n: Number of independent trials.
        border: The share under the null hypothesis, strictly between 0 and 1.
        side: The alternative: the share lies ``below`` the border, ``above`` it, or on either
            side (``both``), with twice the smaller one-sided p value and at most 1.

    Returns:
        The p value, which is never 0. For ``both`` it is the level at which `exact_interval` just
        reaches the border; for one side, the level at which the bound of `exact_bounds` does.

    Raises:
        ValueError: If ``k`` does not lie in 0 to ``n``, or the border not between 0 and 1.
    """
    _check(k, n)
    if not 0 < border < 1:
        msg = f"a share is tested against a border strictly between 0 and 1, got {border}"
        raise ValueError(msg)
    below = float(bdtr(k, n, border))
    above = 1.0 if k == 0 else float(bdtrc(k - 1, n, border))
    if side == "both":
        return min(1.0, 2 * min(below, above))
    return below if side == "below" else above


def cluster_shares(outcomes: Sequence[bool], clusters: Sequence[Hashable]) -> list[float]:
    """Compute the share of successes in each cluster.

    Outcomes within a cluster are dependent (seeds that share a draw of the data, a split or a
    tuning). Clusters are independent, so an interval's ``n`` counts clusters.

    Args:
        outcomes: The outcome of each run, True for a success.
        clusters: The cluster of each run.

    Returns:
        One share per cluster, in the order in which the clusters first occur.

    Raises:
        ValueError: If there are not as many clusters as outcomes.
    """
    members: dict[Hashable, list[bool]] = {}
    if len(outcomes) != len(clusters):
        msg = f"each outcome needs its cluster, got {len(outcomes)} and {len(clusters)}"
        raise ValueError(msg)
    for outcome, cluster in zip(outcomes, clusters, strict=True):
        members.setdefault(cluster, []).append(bool(outcome))
    return [sum(each) / len(each) for each in members.values()]


def cluster_interval(shares: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Compute an interval of the mean share of clusters that holds for any number of clusters.

    A cluster's share is at least the indicator that all of its outcomes are successes, and at most
    the indicator that any of them is. So the mean share lies between the probabilities of these
    two events, and the interval reaches from the exact lower bound of the first probability to the
    exact upper bound of the second. It is exact if the outcomes of each cluster agree, and wide if
    they are mixed: `ffnn_lab.report.statistics.mean_interval` of the shares is shorter then, but
    has no ends where all shares are equal.

    Args:
        shares: The share of successes in each cluster, from `cluster_shares`.
        confidence: The share of such intervals that cover the true mean share, at least.

    Source:
        The bounds: Clopper and Pearson (1934), Biometrika 26.
    """
    n = len(shares)
    tails = (1 + confidence) / 2
    low, _ = exact_bounds(sum(each == 1 for each in shares), n, confidence=tails)
    _, high = exact_bounds(sum(each > 0 for each in shares), n, confidence=tails)
    return Interval(sum(shares) / n if n else math.nan, low, high, n)


def _check(k: int, n: int) -> None:
    if not 0 <= k <= n:
        msg = f"the successes among {n} trials are 0 to {n}, got {k}"
        raise ValueError(msg)
