"""Variance components must be those of the analysis of variance, unbiased, and NaN if unknown.

Simulations have 400 samples and a fixed generator. A mean over the samples may be off by 4 of its
own standard errors, which are estimated from the samples.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ffnn_lab.report.statistics import replicate_share_interval, variance_components
from ffnn_lab.report.statistics.components import Component, Components

N = 400


def nested(
    rng: np.random.Generator, deviations: Sequence[float], sizes: Sequence[Sequence[int]]
) -> Iterator["pd.Series[float]"]:
    """Draw samples of a nested design of splits, tunings and seeds.

    Args:
        rng: The random generator.
        deviations: Standard deviations between splits, between tunings and between seeds.
        sizes: For each split, the number of seeds of each of its tunings.
    """
    places = [
        (split, tuning, seed)
        for split, tunings in enumerate(sizes)
        for tuning, n_seeds in enumerate(tunings)
        for seed in range(n_seeds)
    ]
    index = pd.MultiIndex.from_tuples(places, names=["split", "tuning", "seed"])
    splits, tunings, seeds = (np.array(each) for each in zip(*places, strict=True))
    shape = [len(sizes), max(len(each) for each in sizes), 1 + seeds.max()]
    for _ in range(N):
        of_split, of_tuning, of_seed = (
            rng.normal(0.0, std, shape[: depth + 1]) for depth, std in enumerate(deviations)
        )
        drawn = of_split[splits] + of_tuning[splits, tunings] + of_seed[splits, tunings, seeds]
        yield pd.Series(0.03 + drawn, index=index)


def replicates(
    rng: np.random.Generator, *, share: float, sizes: Sequence[int]
) -> "pd.Series[float]":
    """Draw values of total variance 1, ``share`` of it between replicates of ``sizes`` seeds."""
    return next(many_replicates(rng, share=share, sizes=sizes))


def many_replicates(
    rng: np.random.Generator, *, share: float, sizes: Sequence[int]
) -> Iterator["pd.Series[float]"]:
    places = np.repeat(np.arange(len(sizes)), sizes)
    seeds = np.concatenate([np.arange(size) for size in sizes])
    index = pd.MultiIndex.from_arrays([places, seeds], names=["replicate", "seed"])
    for _ in range(N):
        between = rng.normal(0.0, math.sqrt(share), len(sizes))[places]
        values = between + rng.normal(0.0, math.sqrt(1 - share), len(places))
        yield pd.Series(values, index=index)


def test_replicates_and_seeds_by_hand() -> None:
    """Two replicates with the values 1, 3 and 5, 9 have the means 2 and 7.

    The sum of squares between replicates is 2 * 2 * 2.5^2 = 25, and within replicates 2 + 8 = 10.
    The mean square of the seeds is 10 / 2 = 5, that of the replicates 25 = 5 + 2 v, so v = 10.
    """
    index = pd.MultiIndex.from_product([[0, 1], [0, 1]], names=["replicate", "seed"])
    found = variance_components(pd.Series([1.0, 3.0, 5.0, 9.0], index=index))
    assert [part.name for part in found.parts] == ["replicate", "seed"]
    assert [part.variance for part in found.parts] == pytest.approx([10.0, 5.0])
    assert [part.freedom for part in found.parts] == [1, 2]
    assert [part.share for part in found.parts] == pytest.approx([2 / 3, 1 / 3])
    assert found.n == 4
    assert found.total == pytest.approx(15.0)


def test_the_ratio_of_mean_squares_is_scipys() -> None:
    """In a balanced design with S seeds per replicate, F = 1 + S v_replicate / v_seed."""
    values = replicates(np.random.default_rng(3), share=0.6, sizes=[4] * 5)
    reference = stats.f_oneway(*(each.to_numpy() for _, each in values.groupby(level=0)))
    outer, inner = variance_components(values).parts
    assert 1 + 4 * outer.variance / inner.variance == pytest.approx(float(reference.statistic))


def test_three_levels_by_hand() -> None:
    """Two splits of two tunings of two seeds have the values 0, 2; 4, 6 and 10, 12; 10, 20.

    Within tunings, the sum of squares is 2 + 2 + 2 + 50 = 56, with 4 degrees of freedom: 14. The
    means of tunings are 1, 5 and 11, 15: within splits, the sum is 2 * (8 + 8) = 32, with 2
    degrees: 16 = 14 + 2 v, so v = 1. The means of splits are 3 and 13: the sum is 4 * 50 = 200,
    with 1 degree: 200 = 14 + 2 * 1 + 4 v, so v = 46.
    """
    index = pd.MultiIndex.from_product([[0, 1]] * 3, names=["split", "tuning", "seed"])
    values = pd.Series([0.0, 2.0, 4.0, 6.0, 10.0, 12.0, 10.0, 20.0], index=index)
    found = variance_components(values)
    assert [part.variance for part in found.parts] == pytest.approx([46.0, 1.0, 14.0])
    assert [part.freedom for part in found.parts] == [1, 2, 4]


DESIGNS = pytest.mark.parametrize(
    "sizes",
    [[[3, 3]] * 4, [[2, 5], [1, 3, 3], [4], [2, 2]]],
    ids=["balanced", "unbalanced"],
)


@DESIGNS
def test_components_are_unbiased(sizes: list[list[int]]) -> None:
    rng = np.random.default_rng(0)
    deviations = (0.2, 1.0, 0.5)
    found = [variance_components(each).parts for each in nested(rng, deviations, sizes)]
    estimates = np.array([[part.variance for part in parts] for parts in found])
    errors = estimates.std(axis=0, ddof=1) / math.sqrt(N)
    off = estimates.mean(axis=0) - np.square(deviations)
    assert (np.abs(off) <= 4 * errors).all()
    # Truncated at 0, the split's component is biased: too large by more than 4 standard errors.
    too_large = np.maximum(estimates[:, 0], 0).mean() - deviations[0] ** 2
    assert too_large > 4 * errors[0]


def test_a_small_component_may_be_seen_below_0_and_has_no_share() -> None:
    """Replicates 0, 4 and 4, 0 have the means 2 and 2, nearer than their seeds let one expect."""
    index = pd.MultiIndex.from_product([[0, 1], [0, 1]], names=["replicate", "seed"])
    outer, inner = variance_components(pd.Series([0.0, 4.0, 4.0, 0.0], index=index)).parts
    assert (outer.variance, inner.variance) == pytest.approx((-4.0, 8.0))
    assert (outer.truncated, outer.share, inner.share) == (0.0, 0.0, 1.0)


def test_one_tuning_in_each_split_is_one_component() -> None:
    rng = np.random.default_rng(0)
    values = next(nested(rng, (1.0, 1.0, 1.0), [[4]] * 6))
    merged = variance_components(values)
    plain = variance_components(values.droplevel("tuning"))
    assert [part.name for part in merged.parts] == ["split + tuning", "seed"]
    assert [part.variance for part in merged.parts] == [part.variance for part in plain.parts]


def test_one_seed_in_each_replicate_leaves_the_sample_variance() -> None:
    values = replicates(np.random.default_rng(0), share=0.5, sizes=[1] * 7)
    (part,) = variance_components(values).parts
    assert part.name == "replicate + seed"
    assert part.variance == pytest.approx(float(values.var()))
    assert (part.freedom, part.share) == (6, 1.0)


def test_a_single_replicate_says_nothing_of_replicates() -> None:
    values = replicates(np.random.default_rng(0), share=0.5, sizes=[5])
    outer, inner = variance_components(values).parts
    assert math.isnan(outer.variance)
    assert math.isnan(outer.truncated)
    assert math.isnan(outer.share)
    assert math.isnan(inner.share)
    assert inner.variance == pytest.approx(float(values.var()))


def test_an_order_of_runs_and_a_constant_move_nothing() -> None:
    values = next(nested(np.random.default_rng(0), (1.0, 1.0, 1.0), [[2, 3], [4], [1, 1]]))
    moved = values.sample(frac=1, random_state=1) + 1e4
    expected = [part.variance for part in variance_components(values).parts]
    found = [part.variance for part in variance_components(moved).parts]
    assert found == pytest.approx(expected)


def test_equal_values_have_no_variance_and_no_shares() -> None:
    index = pd.MultiIndex.from_product([[0, 1], [0, 1]], names=["replicate", "seed"])
    found = variance_components(pd.Series([0.1] * 4, index=index))
    assert found.total == 0.0
    assert all(math.isnan(part.share) for part in found.parts)


def test_a_place_is_taken_once() -> None:
    index = pd.MultiIndex.from_tuples([(0, 0), (0, 0)], names=["replicate", "seed"])
    with pytest.raises(ValueError, match="each its own place"):
        variance_components(pd.Series([0.1, 0.2], index=index))


def test_the_variance_of_a_mean_by_hand() -> None:
    """The variance is 6 / 3 + 4 / (3 * 2); the component below 0 counts as 0."""
    parts = (
        Component("replicate", 6.0, 4, 0.6),
        Component("tuning", -1.0, 4, 0.0),
        Component("seed", 4.0, 10, 0.4),
    )
    found = Components(parts, 20)
    assert found.variance_of_mean([3, 1, 2]) == pytest.approx(2 + 4 / 6)
    with pytest.raises(ValueError, match="replicate, tuning, seed; got 2"):
        found.variance_of_mean([3, 1])


def test_the_variance_of_a_mean_is_that_of_means_drawn() -> None:
    """Predictions are unbiased if no estimate is below 0, as with a share of 0.7 here."""
    rng = np.random.default_rng(0)
    samples = many_replicates(rng, share=0.7, sizes=[3] * 12)
    predicted = np.array([variance_components(each).variance_of_mean([12, 3]) for each in samples])
    truth = 0.7 / 12 + 0.3 / 36
    error = float(predicted.std(ddof=1)) / math.sqrt(N)
    assert float(predicted.mean()) == pytest.approx(truth, abs=4 * error)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_the_interval_of_the_share_is_exact_for_equal_numbers(share: float) -> None:
    """Of 400 intervals 0.95 must cover; the standard error is 0.0109, and 4 make 0.0436.

    A true share of 0 is never above an interval, only below: it is covered in 0.975.
    """
    rng = np.random.default_rng(0)
    covers = []
    for values in many_replicates(rng, share=share, sizes=[4] * 6):
        interval = replicate_share_interval(values)
        covers.append(interval.low <= share <= interval.high)
    promised = 0.95 if share else 0.975
    assert float(np.mean(covers)) == pytest.approx(promised, abs=0.0436)


def test_the_interval_of_the_share_nearly_holds_for_unequal_numbers() -> None:
    rng = np.random.default_rng(0)
    covers = []
    for values in many_replicates(rng, share=0.5, sizes=[2, 8, 3, 5, 10, 2]):
        interval = replicate_share_interval(values)
        covers.append(interval.low <= 0.5 <= interval.high)
    assert float(np.mean(covers)) == pytest.approx(0.95, abs=0.0436)


@pytest.mark.parametrize("sizes", [[5], [1, 1, 1]])
def test_a_share_that_is_not_seen_has_no_interval(sizes: list[int]) -> None:
    values = replicates(np.random.default_rng(0), share=0.5, sizes=sizes)
    interval = replicate_share_interval(values)
    assert math.isnan(interval.low)
    assert interval.n == len(sizes)
