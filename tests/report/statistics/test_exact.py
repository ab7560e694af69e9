"""Exact intervals and tests of a share must equal scipy's, agree, and cover every true share."""

import math
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.statistics import (
    cluster_interval,
    cluster_shares,
    exact_bounds,
    exact_interval,
    exact_p,
)

COUNTS = pytest.mark.parametrize(("k", "n"), [(0, 6), (1, 6), (3, 6), (6, 6), (17, 40), (0, 1)])


@COUNTS
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_the_interval_equals_scipys(k: int, n: int, confidence: float) -> None:
    expected = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    interval = exact_interval(k, n, confidence=confidence)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert (interval.mean, interval.n) == (k / n, n)


@COUNTS
def test_the_bounds_equal_scipys(k: int, n: int) -> None:
    low, high = exact_bounds(k, n)
    above = stats.binomtest(k, n, alternative="greater").proportion_ci(0.95, method="exact")
    below = stats.binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact")
    assert (low, high) == pytest.approx((above.low, below.high))


def test_none_of_six_by_hand() -> None:
    """All six trials fail with probability (1 - p)^6, which is 0.05 at 0.393, 0.025 at 0.459."""
    assert exact_bounds(0, 6) == pytest.approx((0.0, 1 - 0.05 ** (1 / 6)))
    interval = exact_interval(0, 6)
    assert (interval.mean, interval.low) == (0.0, 0.0)
    assert interval.high == pytest.approx(1 - 0.025 ** (1 / 6))


def test_of_no_trials_nothing_is_known() -> None:
    interval = exact_interval(0, 0)
    assert math.isnan(interval.mean)
    assert (interval.low, interval.high, interval.n) == (0.0, 1.0, 0)


@pytest.mark.parametrize("n", [3, 10, 25])
@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.9])
def test_the_interval_covers_at_least_as_often_as_it_says(n: int, share: float) -> None:
    """Coverage is the sum of the probabilities of all counts that cover; nothing is simulated."""
    chances = stats.binom.pmf(np.arange(n + 1), n, share)
    intervals = [exact_interval(k, n) for k in range(n + 1)]
    covers = [each.low <= share <= each.high for each in intervals]
    assert float(np.sum(chances[covers])) >= 0.95


@COUNTS
@pytest.mark.parametrize("border", [0.1, 0.5, 0.75])
def test_one_sided_p_values_equal_scipys(k: int, n: int, border: float) -> None:
    below = stats.binomtest(k, n, border, alternative="less").pvalue
    above = stats.binomtest(k, n, border, alternative="greater").pvalue
    assert exact_p(k, n, border=border, side="below") == pytest.approx(below)
    assert exact_p(k, n, border=border, side="above") == pytest.approx(above)
    assert exact_p(k, n, border=border) == pytest.approx(min(1.0, 2 * min(below, above)))


@pytest.mark.parametrize("k", [0, 2, 5, 9])
def test_p_is_the_level_at_which_the_interval_reaches_the_border(k: int) -> None:
    p = exact_p(k, 9, border=0.4)
    ends = exact_interval(k, 9, confidence=1 - p)
    assert 0 < p < 1
    assert (ends.low if k / 9 > 0.4 else ends.high) == pytest.approx(0.4)


def test_p_at_the_border_is_1_and_never_more() -> None:
    assert exact_p(5, 10, border=0.5) == 1.0


@pytest.mark.parametrize("side", ["both", "below", "above"])
def test_no_p_is_0(side: Literal["both", "below", "above"]) -> None:
    """The lowest p, of six of six or none of six, is 1 / 2^6, and twice that for both sides."""
    lowest = 2 / 2**6 if side == "both" else 1 / 2**6
    found = min(exact_p(k, 6, border=0.5, side=side) for k in range(7))
    assert found == pytest.approx(lowest)


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3)])
def test_a_count_beyond_the_trials_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"among {n} trials are 0 to {n}, got {k}"):
        exact_interval(k, n)


@pytest.mark.parametrize("border", [0.0, 1.0, math.nan])
def test_a_border_at_an_end_is_refused(border: float) -> None:
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        exact_p(1, 3, border=border)


def test_clusters_by_hand() -> None:
    outcomes = [True, False, True, True, False, False]
    assert cluster_shares(outcomes, ["b", "a", "b", "a", "c", "c"]) == [1.0, 0.5, 0.0]


def test_each_outcome_needs_a_cluster() -> None:
    with pytest.raises(ValueError, match="got 2 and 1"):
        cluster_shares([True, False], ["a"])


def test_clusters_that_are_all_or_none_have_the_exact_interval() -> None:
    assert cluster_interval([1.0, 0.0, 0.0, 1.0, 0.0]) == exact_interval(2, 5)


def test_mixed_clusters_reach_from_all_to_any() -> None:
    """Of four clusters one has only successes, and three have at least some."""
    interval = cluster_interval([1.0, 0.5, 0.25, 0.0])
    assert interval.mean == pytest.approx(1.75 / 4)
    assert interval.low == exact_interval(1, 4).low
    assert interval.high == exact_interval(3, 4).high


def test_clusters_are_covered_however_alike_their_members_are() -> None:
    """Six draws have eight seeds each, of which 0.9 or 0.05 succeed by draw, in the mean 0.305.

    In 2000 simulations, a share that should be at least 0.95 has a standard error of at most
    sqrt(0.95 * 0.05 / 2000) = 0.0049, and 4 of these make 0.0195. If all 48 seeds were taken to be
    independent, the truth would be covered in less than 0.8.
    """
    rng = np.random.default_rng(0)
    covers, pretends = [], []
    for _ in range(2000):
        chances = np.where(rng.random(6) < 0.3, 0.9, 0.05)
        outcomes = rng.random((6, 8)) < chances[:, None]
        interval = cluster_interval(outcomes.mean(axis=1).tolist())
        covers.append(interval.low <= 0.305 <= interval.high)
        pooled = exact_interval(int(outcomes.sum()), 48)
        pretends.append(pooled.low <= 0.305 <= pooled.high)
    assert float(np.mean(covers)) >= 0.95 - 0.0195
    assert float(np.mean(pretends)) < 0.8
