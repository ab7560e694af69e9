"""Bounds of tied values must be Clopper and Pearson's, agree with their test, and cover."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.statistics import (
    are_tied,
    exact_interval,
    exact_p,
    median_p,
    tied_interval,
    tied_p,
    tied_value,
    tied_values_to_resolve,
)


def test_more_than_half_of_the_values_must_be_equal() -> None:
    assert are_tied([0.1, 0.1, 0.1, 0.5, 0.7])
    assert are_tied([0.1 + 0.2, 0.3, 0.9])  # equal but for rounding
    assert not are_tied([0.1, 0.1, 0.5, 0.7])
    assert not are_tied([0.1])
    assert not are_tied([])
    assert tied_value([0.5, 0.1, 0.1, 0.7, 0.1]) == (0.1, 2)


def test_none_of_six_by_hand() -> None:
    """A new draw differs, by up to 1, with a probability of at most 1 - 0.025^(1/6) = 0.459."""
    interval = tied_interval([0.0] * 6, low=0.0, high=1.0)
    assert (interval.mean, interval.low, interval.n) == (0.0, 0.0, 6)
    assert interval.high == pytest.approx(0.4593, abs=1e-4)


def test_differences_may_lie_on_either_side() -> None:
    """One of ten values differs: at most 0.445 of all do, each by up to 1 less or 1 more."""
    share = stats.binomtest(1, 10).proportion_ci(0.95, method="exact").high
    interval = tied_interval([0.0] * 9 + [0.3], low=-1.0, high=1.0)
    assert (interval.low, interval.high) == pytest.approx((-share, share))
    assert interval.mean == pytest.approx(0.03)


@pytest.mark.parametrize("k", [0, 2, 7, 10])
def test_outcomes_of_0_or_1_are_a_share(k: int) -> None:
    values = [1.0] * k + [0.0] * (10 - k)
    assert tied_interval(values, low=0.0, high=1.0) == exact_interval(k, 10)
    expected = stats.binomtest(k, 10, 0.3)
    assert tied_p(values, border=0.3, low=0.0, high=1.0) == exact_p(k, 10, border=0.3)
    # Scipy's two-sided p sums outcomes by their probability; ours doubles the smaller tail.
    assert tied_p(values, border=0.3, low=0.0, high=1.0) >= expected.pvalue / 2


@pytest.mark.parametrize("border", [-0.6, -0.4, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("values", [[0.1] * 8, [0.0] * 7 + [0.4, -0.2]])
def test_the_interval_of_its_level_just_reaches_the_border(
    values: list[float], border: float
) -> None:
    p = tied_p(values, border=border, low=-1.0, high=1.0)
    assert 0 < p < 1
    interval = tied_interval(values, low=-1.0, high=1.0, confidence=1 - p)
    assert min(abs(interval.low - border), abs(interval.high - border)) < 1e-9


def test_borders_beyond_what_can_be() -> None:
    assert tied_p([0.0] * 6, border=1.5, low=0.0, high=1.0) == 0.0
    assert tied_p([0.0] * 6, border=0.0, low=0.0, high=1.0) == 1.0
    assert tied_p([0.5] * 6, border=0.5, low=0.0, high=1.0) == 1.0
    assert tied_p([0.5] * 6, border=0.6, low=-math.inf, high=math.inf) == 1.0


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_interval_covers_the_mean_where_it_is_most_wrong(share: float) -> None:
    """A share of the values is 1, the rest 0.2; coverage is summed over all numbers of ones."""
    n = 12
    mean = 0.2 + share * 0.8
    chances = stats.binom.pmf(np.arange(n + 1), n, share)
    covered = 0.0
    for k, chance in enumerate(chances.tolist()):
        values = [0.2] * (n - k) + [1.0] * k
        if not are_tied(values):
            covered += chance  # not tied: the t interval applies
            continue
        interval = tied_interval(values, low=0.0, high=1.0)
        covered += chance * (interval.low <= mean <= interval.high)
    assert covered >= 0.95


def test_the_sign_test_equals_scipys() -> None:
    values = [0.3, 0.4, -0.1, 0.2, 0.5, 0.6, 0.7]
    for border in (-0.3, 0.25, 0.45):
        k = sum(each > border for each in values)
        assert median_p(values, border=border) == pytest.approx(stats.binomtest(k, 7).pvalue)
    assert median_p([0.0] * 6, border=0.0) == 1.0  # values on the border count for either side


@pytest.mark.parametrize("border", [0.005, 0.05, 0.3])
def test_so_many_ties_settle_it(border: float) -> None:
    """If no value differs, (1 - border)^n must fall to half of the level."""
    found = tied_values_to_resolve([0.0] * 6, border=border, low=0.0, high=1.0, level=0.05)
    n = next(n for n in itertools.count(1) if (1 - border) ** n <= 0.025)
    assert found == n


def test_what_no_number_of_ties_settles() -> None:
    values = [0.0] * 7 + [1.0] * 3
    ends = {"low": 0.0, "high": 1.0}
    assert tied_values_to_resolve(values, border=0.2, level=0.05, **ends) is None
    assert tied_values_to_resolve([0.0] * 6, border=1e-9, level=0.05, **ends) is None
