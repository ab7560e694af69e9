"""Tests must err as often as they promise, handle equal values, and equal those of scipy."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.statistics import holm, mean_interval, seeds_to_resolve, sign_flip_p, t_p
from ffnn_lab.report.statistics.significance import (
    MOST_SEEDS,
    fewest_pairs,
    lowest_p,
    too_few_pairs,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_flipping_signs_by_hand() -> None:
    """Of the eight sums +-1 +-2 +-4, two are as far from 0 as 7, and four as far as 5."""
    assert sign_flip_p([1.0, 2.0, 4.0], rng=rng()) == 2 / 8
    assert sign_flip_p([-1.0, 2.0, 4.0], rng=rng()) == 4 / 8


def test_flipping_signs_equals_scipys_permutation_test() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1.0, 11)
    reference = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=2**11
    )
    assert sign_flip_p(differences.tolist(), rng=rng()) == pytest.approx(reference.pvalue)


def test_many_pairs_are_sampled_and_agree_with_the_exact_share() -> None:
    """The differences are six times each of 1, -1 and 2, whose sums can all be counted."""
    differences = [1.0, -1.0, 2.0] * 6
    sums = np.array([0])
    for size in differences:
        sums = np.concatenate([sums + int(size), sums - int(size)])
    exact = float(np.mean(np.abs(sums) >= abs(sum(differences))))
    p = sign_flip_p(differences, rng=rng())
    # The tolerance is four standard errors, for 2^14 sampled patterns of signs.
    assert p == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 2**14))


def test_sampled_signs_come_from_the_generator() -> None:
    differences = np.random.default_rng(1).normal(0.2, 1.0, 20).tolist()
    one, same, other = (
        sign_flip_p(differences, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert one == same != other


@pytest.mark.parametrize("n", [1, 5, 10, 20])
def test_equal_differences_are_no_special_case(n: int) -> None:
    """If all differences are equal, p is 2 / 2^n, without a warning; for n = 20 it is sampled."""
    p = sign_flip_p([0.1] * n, rng=rng())
    assert p == pytest.approx(2 / 2**n, abs=1e-3 if n == 20 else 1e-12)
    assert p > 0
    assert sign_flip_p([0.0] * n, rng=rng()) == 1.0


def test_no_pairs_have_no_p() -> None:
    assert math.isnan(sign_flip_p([], rng=rng()))


def test_an_order_of_summing_does_not_move_the_test() -> None:
    """In ten orders, the observed pattern must count as one that is as far from 0 as itself."""
    differences = [0.1, 0.2, 0.3, -0.4, 0.5, 0.7]
    orders = itertools.islice(itertools.permutations(differences), 0, 720, 72)
    assert len({sign_flip_p(list(order), rng=rng()) for order in orders}) == 1


def test_t_p_equals_scipys() -> None:
    values = np.random.default_rng(0).normal(0.5, 1.0, 12)
    reference = stats.ttest_1samp(values, 0.2)
    error = float(values.std(ddof=1) / math.sqrt(12))
    p = t_p(float(values.mean()) - 0.2, standard_error=error, freedom=11)
    assert p == pytest.approx(reference.pvalue)


def test_t_p_is_the_level_at_which_the_interval_reaches_the_border() -> None:
    values = [0.1, 0.3, 0.2, 0.5]
    mean, error = 0.275, float(np.std(values, ddof=1)) / 2
    p = t_p(mean - 0.05, standard_error=error, freedom=3)
    assert mean_interval(values, confidence=1 - p).low == pytest.approx(0.05)


def test_t_p_of_equal_values() -> None:
    assert t_p(0.1, standard_error=0.0, freedom=9) == 0.0
    assert t_p(0.0, standard_error=0.0, freedom=9) == 1.0
    assert math.isnan(t_p(0.1, standard_error=math.nan, freedom=1))
    assert math.isnan(t_p(math.nan, standard_error=0.1, freedom=1))


def test_holm_by_hand() -> None:
    """Adjusted values are 0.01 * 3, 0.02 * 2 and 0.03 * 1, which may not be less than 0.02 * 2."""
    assert holm([0.02, 0.01, 0.03]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_leaves_out_what_is_unknown() -> None:
    adjusted = holm([0.01, math.nan, 0.04])
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.04)


def test_holm_errs_in_one_family_of_twenty() -> None:
    """In 4000 families of six true hypotheses, 4 standard errors of 0.05 make 0.014.

    The data are normal. The contrasts of three arms with two share their arms, and so depend on
    one another, which Holm's method allows.
    """
    arms = np.random.default_rng(0).normal(0, 1, (5, 4000, 10))
    contrasts = np.stack([arms[i] - arms[j] for i in (0, 1, 2) for j in (3, 4)], axis=1)
    p_values = stats.ttest_1samp(contrasts, 0.0, axis=2).pvalue
    is_wrong = [min(holm(family)) <= 0.05 for family in np.asarray(p_values).tolist()]
    assert float(np.mean(is_wrong)) <= 0.05 + 0.014


@pytest.mark.parametrize(
    ("distance", "n"),
    [(0.5, 34), (0.2, 199), (0.8, 15)],  # Cohen (1988), table 2.3.5 etc.: paired t, power 0.8
)
def test_seeds_to_resolve_are_those_of_the_textbook(distance: float, n: int) -> None:
    assert seeds_to_resolve(distance, std=1.0) == n
    assert seeds_to_resolve(-distance / 7, std=1 / 7) == n


def test_so_many_seeds_do_resolve_it() -> None:
    """Of 4000 draws of n seeds 80% are significant, and of half as many seeds less than 60%."""
    n = seeds_to_resolve(0.5, std=1.0)
    assert n is not None
    draws = np.random.default_rng(0).normal(0.5, 1.0, (4000, n))
    tells = stats.ttest_1samp(draws, 0.0, axis=1).pvalue <= 0.05
    half = stats.ttest_1samp(draws[:, : n // 2], 0.0, axis=1).pvalue <= 0.05
    assert float(np.mean(tells)) == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / 4000))
    assert float(np.mean(half)) < 0.6


def test_seeds_to_resolve_nothing_and_little() -> None:
    assert seeds_to_resolve(0.0, std=1.0) is None
    assert seeds_to_resolve(1e-5, std=1.0) is None  # more than MOST_SEEDS
    assert seeds_to_resolve(math.nan, std=1.0) is None
    assert seeds_to_resolve(0.1, std=math.nan) is None
    assert seeds_to_resolve(0.1, std=0.0) == 2
    assert seeds_to_resolve(1000.0, std=1.0) == 2


def test_a_stricter_level_needs_more_seeds() -> None:
    loose, strict = (seeds_to_resolve(0.5, std=1.0, level=level) for level in (0.05, 0.05 / 6))
    assert loose is not None
    assert strict is not None
    assert loose < strict < MOST_SEEDS


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10])
@pytest.mark.parametrize("n_tests", [1, 2, 6])
def test_the_lowest_p_is_that_of_differences_of_one_sign(n: int, n_tests: int) -> None:
    each = sign_flip_p([0.1 + 0.01 * i for i in range(n)], rng=rng())
    adjusted = holm([each] * n_tests)
    assert adjusted == pytest.approx([lowest_p(n, n_tests=n_tests)] * n_tests)


@pytest.mark.parametrize(("n_tests", "n"), [(1, 6), (2, 7), (3, 7), (4, 8), (6, 8), (12, 9)])
def test_so_many_seeds_can_tell_a_contrast_and_one_less_cannot(n_tests: int, n: int) -> None:
    """For one contrast, 2 / 2^5 = 0.0625 is more than 0.05, and 2 / 2^6 = 0.03125 is less."""
    assert fewest_pairs(n_tests=n_tests) == n
    assert lowest_p(n, n_tests=n_tests) <= 0.05 < lowest_p(n - 1, n_tests=n_tests)
    assert too_few_pairs(n, n_tests=n_tests) == ""
    assert f"0.05 takes {n} seeds or more" in too_few_pairs(n - 1, n_tests=n_tests)


def test_what_few_seeds_cannot_tell_is_worded() -> None:
    assert too_few_pairs(5, n_tests=6) == (
        "with 5 seeds, p, adjusted over 6 contrasts, cannot be less than 0.375, however clear the "
        "difference; 0.05 takes 8 seeds or more"
    )
    assert too_few_pairs(1, n_tests=1).startswith("with 1 seed, p cannot be less than 1,")
