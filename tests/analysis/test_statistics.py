"""Intervals must be those of the textbook, of scipy, and cover as often as they say."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.statistics import mean_interval, paired_interval, sample_std

T_TWO_FREEDOMS = 4.302652729911275  # 97.5% quantile, from a printed table to 4.3027


def test_interval_is_worked_out_by_hand() -> None:
    # 1, 2, 3: mean 2, sample deviation 1.
    interval = mean_interval([1.0, 2.0, 3.0])
    half = T_TWO_FREEDOMS / math.sqrt(3)
    assert interval.n == 3
    assert interval.mean == pytest.approx(2.0)
    assert (interval.low, interval.high) == pytest.approx((2 - half, 2 + half))


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_interval_equals_scipys(confidence: float) -> None:
    values = [0.031, 0.028, 0.040, 0.035, 0.029]
    reference = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    interval = mean_interval(values, confidence=confidence)
    assert (interval.low, interval.high) == pytest.approx((reference.low, reference.high))


def test_interval_of_one_value_has_no_ends() -> None:
    interval = mean_interval([0.25])
    assert (interval.mean, interval.n) == (0.25, 1)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


def test_interval_of_nothing_is_nan() -> None:
    interval = mean_interval([])
    assert interval.n == 0
    assert math.isnan(interval.mean)


def test_interval_of_equal_values_has_no_width() -> None:
    interval = mean_interval([0.25] * 4)
    assert (interval.low, interval.mean, interval.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_intervals_cover_as_often_as_they_say(n: int) -> None:
    """Normal values with mean 0.3: 95 in 100 intervals must hold it.

    The share that does, of 4000, has a standard error of sqrt(0.95 * 0.05 / 4000) = 0.0034 if
    the interval is exact; 4 of these make 0.014. (A normal quantile instead of Student's would
    cover 0.70, 0.81 and 0.92.)
    """
    rng = np.random.default_rng(0)
    intervals = [mean_interval(rng.normal(0.3, 0.1, n).tolist()) for _ in range(4000)]
    share = sum(each.low <= 0.3 <= each.high for each in intervals) / len(intervals)
    assert share == pytest.approx(0.95, abs=0.014)


def test_deviation_divides_by_one_less() -> None:
    assert sample_std([1.0, 2.0, 4.0]) == pytest.approx(math.sqrt(7 / 3))


def test_deviation_of_one_value_is_unknown() -> None:
    assert math.isnan(sample_std([1.0]))


def test_pairs_are_matched_by_seed_not_by_place() -> None:
    arm = pd.Series([0.5, 0.7, 0.6], index=[2, 0, 1])
    other = pd.Series([0.1, 0.2, 0.3], index=[0, 1, 2])
    # 0.7 - 0.1, 0.6 - 0.2, 0.5 - 0.3
    interval = paired_interval(arm, other)
    half = T_TWO_FREEDOMS * 0.2 / math.sqrt(3)
    assert interval.mean == pytest.approx(0.4)
    assert (interval.low, interval.high) == pytest.approx((0.4 - half, 0.4 + half))


def test_seeds_without_a_partner_are_left_out() -> None:
    arm = pd.Series([0.5, 0.7], index=[0, 1])
    other = pd.Series([0.4, 0.9, 0.9], index=[1, 5, 6])
    interval = paired_interval(arm, other)
    assert interval.n == 1
    assert interval.mean == pytest.approx(0.3)


def test_pairing_takes_out_what_the_seeds_share() -> None:
    """A seed's own difficulty moves both sides: the interval of the difference ignores it."""
    difficulty = np.random.default_rng(0).normal(0, 1, 8)
    other = pd.Series(difficulty)
    interval = paired_interval(other + 0.1, other)
    assert interval.low == pytest.approx(0.1)
    assert interval.high == pytest.approx(0.1)


def test_a_seed_that_occurs_twice_is_refused() -> None:
    twice = pd.Series([0.5, 0.7], index=[3, 3])
    with pytest.raises(ValueError, match="got seed 3 twice"):
        paired_interval(twice, pd.Series([0.1], index=[3]))
