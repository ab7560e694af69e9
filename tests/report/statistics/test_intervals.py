"""Intervals must be those of textbooks and of scipy, and cover as often as they promise."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ffnn_lab.report.statistics import (
    Interval,
    bootstrap_interval,
    improvement_interval,
    interquartile_interval,
    mean_interval,
    paired_interval,
    sample_std,
)
from ffnn_lab.report.statistics.intervals import N_BOOTSTRAP

T_TWO_FREEDOMS = 4.302652729911275  # 97.5% quantile of Student's t; 4.3027 in printed tables


def test_interval_is_worked_out_by_hand() -> None:
    # The values 1, 2, 3 have the mean 2 and the sample deviation 1.
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


EQUAL = pytest.mark.parametrize(
    "values",
    [[0.25] * 4, [10 / 359 - 9 / 359, 8 / 359 - 7 / 359, 2 / 359 - 1 / 359]],
    ids=["equal", "equal but for rounding"],
)


@EQUAL
@pytest.mark.parametrize("interval_of", [mean_interval, interquartile_interval])
def test_equal_values_have_no_interval(
    interval_of: Callable[[list[float]], Interval], values: list[float]
) -> None:
    """An interval without width would cover no mean but the value itself."""
    interval = interval_of(values)
    assert interval.mean == pytest.approx(values[0])
    assert interval.n == len(values)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


def test_an_interquartile_mean_of_equal_values_in_the_middle_has_none() -> None:
    assert math.isnan(interquartile_interval([0.1, *[0.2] * 8, 0.9]).low)


@pytest.mark.parametrize(
    ("ends", "cut"),
    [
        ((-0.09, 0.18), (0.0, 0.18)),
        ((0.9, 1.2), (0.9, 1.0)),
        ((0.1, 0.2), (0.1, 0.2)),
        ((-3.0, 4.0), (0.0, 1.0)),
    ],
)
def test_an_interval_is_cut_where_no_truth_lies_beyond(
    ends: tuple[float, float], cut: tuple[float, float]
) -> None:
    interval = Interval(0.1, *ends, 3).within(0.0, 1.0)
    assert (interval.mean, interval.low, interval.high, interval.n) == (0.1, *cut, 3)


def test_a_cut_leaves_ends_that_are_not_known() -> None:
    assert math.isnan(Interval(0.1, math.nan, math.nan, 1).within(0.0, 1.0).low)


@pytest.mark.parametrize("n", [2, 3])
def test_a_cut_interval_covers_exactly_as_often(n: int) -> None:
    """For rare errors of few seeds, most intervals reach below 0, where no mean can be."""
    rng = np.random.default_rng(0)
    whole = [mean_interval((rng.binomial(359, 0.003, n) / 359).tolist()) for _ in range(300)]
    cut = [each.within(0.0, 1.0) for each in whole]
    assert sum(each.low < 0 for each in whole) > 150
    covers = [[each.low <= 0.003 <= each.high for each in intervals] for intervals in (whole, cut)]
    assert covers[0] == covers[1]


@pytest.mark.parametrize("n", [2, 3, 10])
def test_intervals_cover_as_often_as_they_say(n: int) -> None:
    """Of intervals of normal values with mean 0.3, 95 in 100 must cover 0.3.

    Of 4000 intervals, the share that covers has a standard error of
    sqrt(0.95 * 0.05 / 4000) = 0.0034 if the interval is exact, and 4 of these make 0.014. (With a
    normal quantile instead of Student's, the share would be 0.70, 0.81 and 0.92.)
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
    # The differences are 0.7 - 0.1, 0.6 - 0.2 and 0.5 - 0.3.
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
    """A seed's difficulty moves both sides alike, and so not their difference or its interval."""
    difficulty = np.random.default_rng(0).normal(0, 1, 8)
    other = pd.Series(difficulty)
    own = pd.Series([0.1, 0.1001] * 4)
    interval = paired_interval(other + own, other)
    alone = mean_interval(own.tolist())
    assert (interval.low, interval.high) == pytest.approx((alone.low, alone.high))


def test_a_seed_that_occurs_twice_is_refused() -> None:
    twice = pd.Series([0.5, 0.7], index=[3, 3])
    with pytest.raises(ValueError, match="got seed 3 twice"):
        paired_interval(twice, pd.Series([0.1], index=[3]))


def test_deviation_of_equal_values_is_nothing_at_all() -> None:
    """The mean of ten times 0.1 is off by rounding, but the deviation must be exactly 0."""
    assert sample_std([0.1] * 10) == 0.0


def test_interquartile_mean_is_worked_out_by_hand() -> None:
    """Of eight values two are left out at either end, and 2, 3, 4 and 5 remain, with the mean 3.5.

    With the two ends set to 2 and 5, the values are 2, 2, 2, 3, 4, 5, 5, 5. Their mean is 3.5,
    their squared deviations are six times 2.25 and twice 0.25, 14 in all, and their deviation is
    sqrt(14 / 7). Student's quantile for 3 degrees of freedom is 3.1824.
    """
    interval = interquartile_interval([-90.0, 1.0, 2.0, 3.0, 4.0, 5.0, 60.0, 700.0])
    half = 3.182446305 * math.sqrt(2) / (4 / 8 * math.sqrt(8))
    assert interval.mean == pytest.approx(3.5)
    assert (interval.low, interval.high) == pytest.approx((3.5 - half, 3.5 + half))
    assert interval.n == 8


def test_interquartile_mean_equals_scipys() -> None:
    values = np.random.default_rng(0).exponential(1.0, 23)
    expected = stats.trim_mean(values, 0.25)
    assert interquartile_interval(values.tolist()).mean == pytest.approx(expected)


def test_interquartile_mean_of_few_values_leaves_none_out() -> None:
    assert interquartile_interval([1.0, 2.0, 3.0]) == mean_interval([1.0, 2.0, 3.0])
    assert math.isnan(interquartile_interval([1.0]).low)
    assert interquartile_interval([]).n == 0


def test_a_seed_that_diverged_does_not_move_the_interquartile_mean() -> None:
    errors = [0.028, 0.029, 0.030, 0.031, 0.032, 0.033, 0.034]
    with_lost = interquartile_interval([*errors, 0.9])
    assert with_lost.mean == pytest.approx(0.0315)
    assert with_lost.high < 0.036 < mean_interval([*errors, 0.9]).mean


def test_improvement_counts_ties_half() -> None:
    arm = pd.Series([0.1, 0.2, 0.3, 0.4], index=[0, 1, 2, 3])
    other = pd.Series([0.2, 0.2, 0.2, 0.6], index=[0, 1, 2, 3])
    interval = improvement_interval(arm, other)  # better, equal, worse, better
    assert (interval.mean, interval.n) == (0.625, 4)


def test_improvement_interval_equals_scipys() -> None:
    """The interval is Wilson's, for 7 successes of 10."""
    arm = pd.Series([0.1] * 7 + [0.3] * 3)
    other = pd.Series([0.2] * 10)
    expected = stats.binomtest(7, 10).proportion_ci(method="wilson")
    interval = improvement_interval(arm, other)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_improvement_at_every_seed_is_not_certain() -> None:
    arm = pd.Series([0.1] * 10)
    interval = improvement_interval(arm, arm + 0.1)
    assert (interval.mean, interval.high) == pytest.approx((1.0, 1.0))
    assert interval.low == pytest.approx(0.7225, abs=1e-4)  # 1 / (1 + 1.96^2 / 10)


def test_improvement_of_nothing_is_nan() -> None:
    nothing = pd.Series([0.1], index=[0]).iloc[:0]
    assert math.isnan(improvement_interval(nothing, nothing).mean)


def test_bootstrap_needs_many_values() -> None:
    rng = np.random.default_rng(0)
    few = bootstrap_interval([0.1, 0.2] * 10, rng=rng)
    assert few.mean == pytest.approx(0.15)
    assert math.isnan(few.low)
    assert math.isnan(bootstrap_interval([], rng=rng).mean)


def test_equal_values_have_no_bootstrap_interval() -> None:
    interval = bootstrap_interval([0.25] * N_BOOTSTRAP, rng=np.random.default_rng(0))
    assert interval.mean == 0.25
    assert math.isnan(interval.low)


def test_bootstrap_draws_from_the_generator_it_is_given() -> None:
    values = np.random.default_rng(0).exponential(1.0, 40).tolist()
    one, same, other = (
        bootstrap_interval(values, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == same != other


def test_bootstrap_is_near_the_t_interval_of_normal_values() -> None:
    """Resamples deviate less, by sqrt(39 / 40), and the quantile is 1.96 in place of 2.02."""
    values = np.random.default_rng(0).normal(0.3, 0.1, 40).tolist()
    bootstrap, exact = (
        bootstrap_interval(values, rng=np.random.default_rng(0)),
        mean_interval(values),
    )
    ratio = (bootstrap.high - bootstrap.low) / (exact.high - exact.low)
    assert ratio == pytest.approx(math.sqrt(39 / 40) * 1.96 / 2.0227, abs=0.05)
