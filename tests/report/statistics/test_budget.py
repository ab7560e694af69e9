"""The expected best of a few settings must be exact and unbiased, with a band of exact width."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.statistics import best_of, best_of_difference, best_of_interval
from ffnn_lab.report.statistics.budget import jackknife_error, leave_one_out

SCORES = [0.30, 0.05, 0.10, 0.90, 0.07, 0.20]


@pytest.mark.parametrize("n_settings", [1, 2, 3, 5, 6])
def test_it_is_the_mean_over_all_choices(n_settings: int) -> None:
    choices = itertools.combinations(SCORES, n_settings)
    expected = float(np.mean([min(choice) for choice in choices]))
    assert best_of(SCORES, n_settings=n_settings) == pytest.approx(expected)


def test_the_best_of_one_is_the_mean_and_of_all_the_lowest() -> None:
    assert best_of(SCORES, n_settings=1) == pytest.approx(float(np.mean(SCORES)))
    assert best_of(SCORES, n_settings=6) == pytest.approx(0.05)


def test_it_is_unbiased() -> None:
    """The lowest of B uniform numbers has the mean 1 / (B + 1), and for B = 4 the deviation 0.163.

    There are 4000 samples of ten numbers. The estimate varies less than the lowest of one draw of
    four numbers, so that 4 standard errors are at most 4 * 0.163 / sqrt(4000) = 0.0103.
    """
    rng = np.random.default_rng(0)
    estimates = [best_of(rng.random(10).tolist(), n_settings=4) for _ in range(4000)]
    assert float(np.mean(estimates)) == pytest.approx(1 / 5, abs=0.0103)


def test_many_settings_do_not_overflow() -> None:
    scores = np.linspace(0.1, 0.9, 5000).tolist()
    assert best_of(scores, n_settings=1) == pytest.approx(0.5)
    assert best_of(scores, n_settings=2500) == pytest.approx(0.1, abs=1e-3)


def test_a_score_without_a_value_counts_only_where_it_can_be_the_best() -> None:
    scores = [0.1, 0.2, math.inf]
    assert best_of(scores, n_settings=1) == math.inf
    assert best_of(scores, n_settings=2) == pytest.approx((0.1 + 0.1 + 0.2) / 3)
    assert math.isnan(best_of_interval([*scores, *scores] * 4, n_settings=1).low)


@pytest.mark.parametrize("n_settings", [0, 7])
def test_more_settings_than_there_are_is_an_error(n_settings: int) -> None:
    with pytest.raises(ValueError, match=f"the best of {n_settings} settings needs as many"):
        best_of(SCORES, n_settings=n_settings)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    without = leave_one_out(SCORES, n_settings=1)
    expected = float(np.std(SCORES, ddof=1)) / math.sqrt(6)
    assert jackknife_error(without) == pytest.approx(expected)


@pytest.mark.parametrize("n_settings", [1, 2, 7, 19])
def test_what_is_left_without_each_score_is_the_best_of_the_others(n_settings: int) -> None:
    scores = np.random.default_rng(0).exponential(0.1, 20).tolist()
    scores[3], scores[4] = scores[5], math.inf
    found = leave_one_out(scores, n_settings=n_settings)
    ordered = sorted(scores)
    expected = [best_of(ordered[:i] + ordered[i + 1 :], n_settings=n_settings) for i in range(20)]
    assert found.tolist() == pytest.approx(expected, rel=1e-12)
    assert np.isfinite(found).tolist() == np.isfinite(expected).tolist()


def test_the_band_is_worked_out_by_hand() -> None:
    """The mean of four scores is 0.225, and without each in turn 0.3, 0.25, 0.2 and 0.15.

    The sum of the scores is 0.9, and (0.9 - s) / 3 is the mean without the score s.
    """
    interval = best_of_interval([0.0, 0.15, 0.3, 0.45], n_settings=1)
    logs = np.log([0.3, 0.25, 0.2, 0.15])
    error = math.sqrt(3 / 4 * float(np.sum((logs - logs.mean()) ** 2)))
    half = 3.182446305 * error  # Student's quantile for 3 degrees of freedom
    assert interval.mean == pytest.approx(0.225)
    ends = 0.225 * math.exp(-half), 0.225 * math.exp(half)
    assert (interval.low, interval.high) == pytest.approx(ends)


def test_there_is_no_band_beyond_a_quarter_of_the_settings() -> None:
    scores = np.random.default_rng(0).exponential(0.1, 16).tolist()
    assert best_of_interval(scores, n_settings=4).low > 0
    assert math.isnan(best_of_interval(scores, n_settings=5).low)


def test_there_is_no_band_about_nothing() -> None:
    """Errors of 0 have no logarithm, and so no band, but the estimate is still 0."""
    interval = best_of_interval([0.0] * 8, n_settings=2)
    assert interval.mean == 0.0
    assert math.isnan(interval.low)


def test_equal_scores_have_a_band_without_width() -> None:
    interval = best_of_interval([0.2] * 8, n_settings=2)
    assert (interval.low, interval.high) == pytest.approx((0.2, 0.2))


def test_the_difference_of_means_is_welchs() -> None:
    """The best of one setting is the mean, and scipy can compare two means."""
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.3, 0.1, 12), rng.normal(0.2, 0.3, 20)
    reference = stats.ttest_ind(one, other, equal_var=False)
    found = best_of_difference(one.tolist(), other.tolist(), n_settings=1)
    assert found.freedom == pytest.approx(reference.df)
    expected = reference.confidence_interval(0.95)
    interval = found.interval(n=12)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_equal_scores_of_both_arms_differ_by_nothing() -> None:
    found = best_of_difference([0.2] * 8, [0.2] * 8, n_settings=2)
    assert (found.value, found.standard_error) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.freedom > 0
