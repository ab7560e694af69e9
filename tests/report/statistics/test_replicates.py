"""Comparisons over replicates must be exact, agree with scipy, and cover as they promise."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ffnn_lab.report.statistics import (
    Interval,
    corrected_interval,
    exact_interval,
    improvement_over_replicates,
    improvement_verdict,
    mean_interval,
    replicate_differences,
    replicate_interval,
    replicates_to_resolve,
    seeds_to_resolve,
)


def by_place(values: dict[tuple[int, int], float]) -> "pd.Series[float]":
    series = pd.Series(values, dtype=float)
    series.index = series.index.set_names(["replicate", "seed"])
    return series


def test_differences_are_means_of_pairs_in_a_replicate() -> None:
    """Seed 1 of replicate 0 has no partner, and replicate 2 has no pair."""
    values = by_place({(1, 0): 0.4, (0, 0): 0.3, (0, 1): 0.9, (0, 2): 0.5, (2, 0): 0.1})
    others = by_place({(0, 0): 0.1, (0, 2): 0.1, (1, 0): 0.5, (2, 1): 0.7})
    found = replicate_differences(values, others)
    assert found.index.tolist() == [0, 1]
    assert found.tolist() == pytest.approx([0.3, -0.1])


def test_the_interval_is_students_over_replicates() -> None:
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([range(6), range(4)], names=["replicate", "seed"])
    values, others = (pd.Series(rng.normal(0.03, 0.01, 24), index=index) for _ in range(2))
    means = (values - others).to_numpy().reshape(6, 4).mean(axis=1)
    reference = stats.ttest_1samp(means, 0.0).confidence_interval(0.95)
    interval = replicate_interval(values, others)
    assert (interval.low, interval.high) == pytest.approx((reference.low, reference.high))
    assert interval.n == 6


def test_one_replicate_has_no_interval_however_many_its_seeds() -> None:
    values = by_place({(0, seed): 0.1 * seed for seed in range(10)})
    interval = replicate_interval(values, 0.5 * values)
    assert interval.n == 1
    assert math.isnan(interval.low)


def test_a_seed_that_occurs_twice_is_refused() -> None:
    twice = pd.concat([by_place({(0, 0): 0.1}), by_place({(0, 0): 0.2})])
    with pytest.raises(ValueError, match=r"got seed \(0, 0\) twice"):
        replicate_interval(twice, by_place({(0, 0): 0.1}))


def test_seeds_of_one_tuning_are_no_replicates() -> None:
    """Variances are those of the digits: 0.55 between tunings, 0.06 * 10 between a tuning's seeds.

    In 2000 simulations of six replicates with ten seeds, 4 standard errors of 0.95 make 0.0195.
    The interval over the seeds of one replicate covers in about half of the cases.
    """
    rng = np.random.default_rng(0)
    shape = (2000, 6, 10)
    drawn = rng.normal(0, math.sqrt(0.55), (2000, 6, 1)) + rng.normal(0, math.sqrt(0.6), shape)
    over_replicates = [mean_interval(each.tolist()) for each in drawn.mean(axis=2)]
    over_seeds = [mean_interval(each.tolist()) for each in drawn[:, 0]]
    covers, alone = (
        [each.low <= 0 <= each.high for each in intervals]
        for intervals in (over_replicates, over_seeds)
    )
    index = pd.MultiIndex.from_product([range(6), range(10)], names=["replicate", "seed"])
    interval = replicate_interval(
        pd.Series(drawn[0].ravel(), index=index), pd.Series(0.0, index=index)
    )
    assert (interval.low, interval.high) == pytest.approx(
        (over_replicates[0].low, over_replicates[0].high)
    )
    assert float(np.mean(covers)) == pytest.approx(0.95, abs=0.0195)
    assert float(np.mean(alone)) < 0.6


def test_replicates_to_resolve_are_counted_as_pairs_are() -> None:
    assert replicates_to_resolve(0.5, std=1.0) == seeds_to_resolve(0.5, std=1.0) == 34
    assert replicates_to_resolve(50.0, std=1.0) == 3
    assert replicates_to_resolve(0.0, std=1.0) is None


def test_the_corrected_interval_by_hand() -> None:
    """The values 1, 2, 3 have the mean 2 and the deviation 1; t = 4.3027.

    With 100 test and 400 train examples, the factor is sqrt(1 / 3 + 1 / 4).
    """
    interval = corrected_interval([1.0, 2.0, 3.0], n_train=400, n_test=100)
    half = 4.302652729911275 * math.sqrt(1 / 3 + 1 / 4)
    assert (interval.low, interval.high) == pytest.approx((2 - half, 2 + half))
    assert interval.n == 3


def test_the_correction_does_not_vanish_with_many_replicates() -> None:
    values = np.random.default_rng(0).normal(0, 1, 400)
    interval = corrected_interval(values.tolist(), n_train=300, n_test=100)
    floor = 1.96 * float(values.std(ddof=1)) * math.sqrt(1 / 3)
    assert interval.high - interval.mean > floor
    plain = mean_interval(values.tolist())
    assert plain.high - plain.mean < floor / 5


def test_the_corrected_interval_of_equal_values_has_no_ends() -> None:
    assert math.isnan(corrected_interval([0.1] * 4, n_train=3, n_test=1).low)


@pytest.mark.parametrize(("n_train", "n_test"), [(0, 10), (10, 0)])
def test_no_examples_are_refused(n_train: int, n_test: int) -> None:
    with pytest.raises(ValueError, match=f"n_train {n_train} and n_test {n_test}"):
        corrected_interval([0.1, 0.2], n_train=n_train, n_test=n_test)


def test_the_corrected_interval_covers_beyond_the_data_set() -> None:
    """Two constant predictors are compared on splits of one set of 60 examples, 20 for test.

    Predictor 1 is the mean of the train split, and predictor 2 is 0, the true mean. The difference
    of their squared errors has the mean 1 / 40 over data sets. There are 1000 data sets with ten
    splits each; 4 standard errors of 0.95 make 0.0276. The plain interval, whose deviation is that
    of one data set alone, covers less often.
    """
    rng = np.random.default_rng(0)
    covers, plain = [], []
    for _ in range(1000):
        data = rng.normal(0, 1, 60)
        differences = []
        for _ in range(10):
            order = rng.permutation(60)
            train, test = data[order[:40]], data[order[40:]]
            losses = (test - train.mean()) ** 2 - test**2
            differences.append(float(losses.mean()))
        wide = corrected_interval(differences, n_train=40, n_test=20)
        covers.append(wide.low <= 1 / 40 <= wide.high)
        narrow = mean_interval(differences)
        plain.append(narrow.low <= 1 / 40 <= narrow.high)
    assert float(np.mean(covers)) >= 0.95 - 0.0276
    assert float(np.mean(plain)) < float(np.mean(covers))


def test_improvement_is_the_exact_share_of_differences_below_0() -> None:
    differences = [-0.1, -0.2, 0.3, -0.4]
    assert improvement_over_replicates(differences) == exact_interval(3, 4)


def test_ties_count_half_and_against_either_end() -> None:
    interval = improvement_over_replicates([-0.1, 0.0, 0.0, 0.3, -0.2])
    assert interval.mean == pytest.approx(3 / 5)
    assert interval.low == exact_interval(2, 5).low
    assert interval.high == exact_interval(4, 5).high


def test_improvement_of_no_replicates_is_not_known() -> None:
    interval = improvement_over_replicates([])
    assert math.isnan(interval.mean)
    assert improvement_verdict(interval) == "not significant"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.40, 0.99, "not significant"),
        (0.50, 0.99, "not significant"),
        (0.51, 0.74, "significant, not meaningful"),
        (0.51, 0.76, "significant and meaningful"),
        (0.80, 0.99, "significant and meaningful"),
        (0.26, 0.49, "significant, not meaningful"),
        (0.24, 0.49, "significant and meaningful"),
        (0.01, 0.50, "not significant"),
    ],
)
def test_verdicts_of_an_improvement_in_both_directions(
    low: float, high: float, verdict: str
) -> None:
    assert improvement_verdict(Interval((low + high) / 2, low, high, 10)) == verdict


@pytest.mark.parametrize("gamma", [0.5, 1.0])
def test_a_gamma_that_tells_nothing_is_refused(gamma: float) -> None:
    with pytest.raises(ValueError, match=f"between 0.5 and 1, got {gamma}"):
        improvement_verdict(Interval(0.6, 0.5, 0.7, 9), gamma=gamma)


@pytest.mark.parametrize(
    ("n", "verdict"), [(5, "not significant"), (6, "significant and meaningful")]
)
def test_it_takes_six_replicates_of_one_sign(n: int, verdict: str) -> None:
    """As for flipped signs, p is 2 / 2^5 = 0.0625 with five, and 2 / 2^6 = 0.03125 with six."""
    assert improvement_verdict(improvement_over_replicates([-0.1] * n)) == verdict
    assert improvement_verdict(improvement_over_replicates([0.1] * n)) == verdict


def test_a_method_compared_with_itself_is_seldom_significant() -> None:
    """Of 2000 comparisons over nine replicates, 5% may be wrong; 4 standard errors make 0.0195."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 1, (2000, 9))
    verdicts = [improvement_verdict(improvement_over_replicates(each.tolist())) for each in drawn]
    assert float(np.mean([each != "not significant" for each in verdicts])) <= 0.05 + 0.0195
