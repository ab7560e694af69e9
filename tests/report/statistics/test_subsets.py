"""Shares over overlapping groups must be those of all groups, and their intervals must cover."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from ffnn_lab.report.statistics import effective_interval, exact_interval, subset_interval, t_ends


def test_groups_of_one_give_the_share_of_the_replicates() -> None:
    """Groups of one do not overlap, so that 30 of 100 are 30 of 100 independent trials."""
    values = np.arange(100) < 30
    found = subset_interval(
        lambda groups: values[groups[:, 0]].astype(float),
        n=100,
        size=1,
        rng=np.random.default_rng(0),
    )
    exact = exact_interval(30, 100)
    assert found.mean == pytest.approx(exact.mean)
    # The variance is estimated from 100 halvings, and so may be off by about a seventh.
    assert 70 <= found.n <= 100
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=0.02)


def test_what_never_happens_has_the_interval_of_the_disjoint_groups() -> None:
    found = subset_interval(
        lambda groups: np.zeros(len(groups)), n=60, size=6, rng=np.random.default_rng(0)
    )
    assert found == exact_interval(0, 10)


def test_groups_are_distinct_replicates_of_one_half() -> None:
    seen = []

    def outcome(groups: np.ndarray) -> np.ndarray:
        seen.append(groups)
        return np.zeros(len(groups))

    subset_interval(outcome, n=21, size=5, rng=np.random.default_rng(0))
    (groups,) = seen
    assert groups.shape[1] == 5
    assert all(len(set(group)) == len(group) for group in groups.tolist())
    assert set(groups.ravel()) == set(range(21))


def test_fewer_than_two_groups_have_no_interval() -> None:
    found = subset_interval(
        lambda groups: np.zeros(len(groups)), n=9, size=5, rng=np.random.default_rng(0)
    )
    assert math.isnan(found.mean)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_intervals_of_a_coverage_cover_it() -> None:
    """T intervals of 5 normal values cover in 0.95; the interval of the share must cover that."""
    rng = np.random.default_rng(0)
    n_simulations, covered = 200, 0
    for _ in range(n_simulations):
        values = rng.normal(size=60)

        def outcome(groups: np.ndarray, values: np.ndarray = values) -> np.ndarray:
            low, high = t_ends(values[groups])
            return ((low <= 0) & (high >= 0)).astype(float)

        found = subset_interval(outcome, n=60, size=5, rng=rng)
        covered += found.low <= 0.95 <= found.high
    assert covered >= binom.ppf(0.005, n_simulations, 0.95)


def test_whole_trials_have_the_exact_interval() -> None:
    for k, n in ((0, 7), (3, 12), (12, 12)):
        found, exact = effective_interval(k / n, n), exact_interval(k, n)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_more_effective_trials_make_the_interval_shorter() -> None:
    widths = [(each := effective_interval(0.9, n)).high - each.low for n in (5.5, 10, 10.5, 80)]
    assert widths == sorted(widths, reverse=True)


def test_a_share_lies_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="a share lies in 0 to 1"):
        effective_interval(1.2, 5)
    with pytest.raises(ValueError, match="at least one trial"):
        effective_interval(0.5, 0.5)
