"""Looks must spend no more than their level, and intervals must hold when a sweep stops.

Simulated sweeps stop at the first look whose interval excludes a border. If the true share of
errors is exactly 0.05, the share in N sweeps is at most its binomial quantile, 0.0548, in all but
one of 1000 tests.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ffnn_lab.report.statistics import (
    holm,
    interval_at,
    level_at,
    looks_until,
    mean_interval,
    settle,
)
from ffnn_lab.report.statistics.sequential import Spending

N = 20_000
N_FAMILIES = 3000


def highest(n: int) -> float:
    """Return the share of errors that ``n`` sweeps hardly ever exceed if the true one is 0.05."""
    return float(stats.binom.ppf(0.999, n, 0.05)) / n


SPENDINGS = pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])

Values = NDArray[np.float64]


def normal(rng: np.random.Generator, n: int) -> Values:
    return rng.normal(0.0, 1.0, (N, n))


def itself(rng: np.random.Generator, n: int) -> Values:
    """Draw differences between two tunings of one method, whose errors are skewed."""
    return rng.exponential(1.0, (N, n)) - rng.exponential(1.0, (N, n))


def skewed(rng: np.random.Generator, n: int) -> Values:
    return rng.exponential(1.0, (N, n)) - 1.0


def bounds_at(values: Values, n: int, level: float) -> tuple[Values, Values]:
    """Compute the t intervals of the first ``n`` values of each row at once."""
    first = values[:, :n]
    half = stats.t.ppf(1 - level / 2, n - 1) * first.std(axis=1, ddof=1) / math.sqrt(n)
    return first.mean(axis=1) - half, first.mean(axis=1) + half


def errs(values: Values, looks: list[int], spending: Spending) -> float:
    """Return the share of sweeps in which any look's interval excludes 0, the true value."""
    wrong = np.zeros(len(values), dtype=bool)
    for place, n in enumerate(looks):
        level = level_at(looks[: place + 1], largest=looks[-1], spending=spending)
        low, high = bounds_at(values, n, level)
        wrong |= (low > 0) | (high < 0)
    return float(np.mean(wrong))


@pytest.mark.parametrize(
    ("largest", "looks"),
    [(10, [3, 5, 10]), (20, [3, 5, 10, 20]), (40, [3, 5, 10, 20, 40]), (3, [3]), (5, [3, 5])],
)
def test_looks_are_halves_of_the_largest(largest: int, looks: list[int]) -> None:
    assert looks_until(largest) == looks


def test_looks_may_begin_later() -> None:
    assert looks_until(40, first=6) == [10, 20, 40]


@pytest.mark.parametrize(("largest", "first"), [(2, 3), (10, 2), (4, 5)])
def test_looks_at_too_few_are_refused(largest: int, first: int) -> None:
    with pytest.raises(ValueError, match=f"got {first} to {largest}"):
        looks_until(largest, first=first)


@SPENDINGS
@pytest.mark.parametrize("looks", [[10], [3, 5, 10], [3, 4, 5, 6, 7, 8, 9, 10], [4, 9, 10]])
def test_levels_sum_to_the_whole(looks: list[int], spending: Spending) -> None:
    levels = [
        level_at(looks[: place + 1], largest=10, spending=spending) for place in range(len(looks))
    ]
    assert math.fsum(levels) == pytest.approx(0.05)
    assert min(levels) > 0


def test_the_named_functions_are_those_of_the_literature() -> None:
    """The functions of Lan and DeMets (1983) are evaluated at half of the replicates.

    They are 2 - 2 Phi(1.96 / sqrt(0.5)) = 0.0056, and 0.05 log(1 + 1.718 / 2) = 0.0310.
    """
    late = level_at([10], largest=20, spending="obrien_fleming")
    early = level_at([10], largest=20, spending="pocock")
    assert late == pytest.approx(2 * stats.norm.sf(1.959964 / math.sqrt(0.5)), rel=1e-5)
    assert late == pytest.approx(0.0056, abs=5e-5)
    assert early == pytest.approx(0.0310, abs=5e-5)


@pytest.mark.parametrize("looks", [[], [2], [5, 5], [10, 5], [5, 11]])
def test_looks_that_do_not_ascend_to_the_largest_are_refused(looks: list[int]) -> None:
    with pytest.raises(ValueError, match="looks ascend from 3 replicates or more to the declared"):
        level_at(looks, largest=10)


def test_a_level_is_what_was_spent_since_the_look_before() -> None:
    since = level_at([5, 10], largest=20)
    assert since == pytest.approx(level_at([10], largest=20) - level_at([5], largest=20))


def test_the_whole_level_may_be_another() -> None:
    """The level may be 0.05 / 6, for six contrasts by Bonferroni's method."""
    assert level_at([20], largest=20, level=0.05 / 6) == pytest.approx(0.05 / 6)


def test_the_interval_at_a_look_has_its_level() -> None:
    values = [0.1, 0.3, 0.2, 0.5, 0.4]
    found = interval_at(values, earlier=[3], largest=10)
    assert found == mean_interval(values, confidence=1 - level_at([3, 5], largest=10))
    last, plain = interval_at(values, largest=5), mean_interval(values)
    assert (last.low, last.high) == pytest.approx((plain.low, plain.high))


def test_a_look_at_hardly_any_level_settles_nothing() -> None:
    """A look at 3 of 200 replicates has a level of 1e-57, whose quantile is infinite."""
    interval = interval_at([0.1, 0.1001, 0.1002], largest=200)
    assert interval.low < -1e6
    assert interval.high > 1e6


@SPENDINGS
@pytest.mark.parametrize("largest", [10, 20, 40])
@pytest.mark.parametrize("draw", [normal, itself])
def test_looks_err_no_more_often_than_they_say(
    draw: Callable[[np.random.Generator, int], Values], largest: int, spending: Spending
) -> None:
    values = draw(np.random.default_rng(largest), largest)
    assert errs(values, looks_until(largest), spending) <= highest(N)


def test_of_skewed_differences_late_spending_errs_less() -> None:
    """One t test of 20 values errs in 8 of 100 cases, late spending in 10, early in 13."""
    values = skewed(np.random.default_rng(0), 20)
    looks = looks_until(20)
    alone, late, early = (
        errs(values, [20], "pocock"),
        errs(values, looks, "obrien_fleming"),
        errs(values, looks, "pocock"),
    )
    assert highest(N) < alone < late < early
    # Two shares of N below 0.15 differ by chance by less than 4 standard errors of 0.0036.
    assert late - alone < 0.02 + 0.0144
    assert early - late > 0.0144


def test_looks_after_every_replicate_err_no_more_often_either() -> None:
    values = normal(np.random.default_rng(0), 20)
    assert errs(values, list(range(3, 21)), "pocock") <= highest(N)


def test_looks_at_the_whole_level_do_err() -> None:
    """Eighteen tests at 0.05 each err too often, which the tested module exists to avoid."""
    values = normal(np.random.default_rng(0), 20)
    wrong = np.zeros(N, dtype=bool)
    for n in range(3, 21):
        low, high = bounds_at(values, n, 0.05)
        wrong |= (low > 0) | (high < 0)
    assert float(np.mean(wrong)) > 3 * 0.05


@SPENDINGS
@pytest.mark.parametrize("truth", [0.0, 0.5, 1.5])
def test_the_interval_covers_at_the_stop(truth: float, spending: Spending) -> None:
    """A sweep stops if its interval excludes 0, and so selects intervals by their outcome."""
    values = normal(np.random.default_rng(1), 20) + truth
    looks = looks_until(20)
    covers = np.zeros(N, dtype=bool)
    is_open = np.ones(N, dtype=bool)
    for place, n in enumerate(looks):
        level = level_at(looks[: place + 1], largest=20, spending=spending)
        low, high = bounds_at(values, n, level)
        stops = is_open & ((low > 0) | (high < 0) | (n == 20))
        covers[stops] = ((low <= truth) & (truth <= high))[stops]
        is_open &= ~stops
    assert not is_open.any()
    assert float(np.mean(~covers)) <= highest(N)


def test_settling_by_hand() -> None:
    """Holm's method compares 0.004 * 3, then 0.02 * 2 with 0.03, and stops at the second.

    Without the first contrast, which is settled, it compares 0.014 * 2 and 0.03.
    """
    assert settle([0.004, 0.02, 0.03], level=0.03) == [True, False, False]
    after = settle([0.9, 0.014, 0.03], level=0.03, settled=[True, False, False])
    assert after == [True, True, True]


def test_a_contrast_without_p_is_not_settled() -> None:
    assert settle([math.nan, 0.01], level=0.02) == [False, True]


def test_a_family_of_contrasts_is_wrong_in_one_of_twenty() -> None:
    """Of six contrasts of three arms with two, four are of arms that do not differ.

    The contrasts of the one better arm settle first, and no longer count in the family.
    """
    rng = np.random.default_rng(0)
    arms = rng.normal(0.0, 1.0, (5, N_FAMILIES, 20))
    arms[0] -= 1.5
    pairs = [(i, j) for i in (0, 1, 2) for j in (3, 4)]
    contrasts = np.stack([arms[i] - arms[j] for i, j in pairs])
    looks = looks_until(20)
    wrong, found = [], []
    p_values = [
        np.asarray(stats.ttest_1samp(contrasts[:, :, :n], 0.0, axis=2).pvalue) for n in looks
    ]
    for sweep in range(N_FAMILIES):
        settled = [False] * len(pairs)
        for place in range(len(looks)):
            level = level_at(looks[: place + 1], largest=20)
            settled = settle(p_values[place][:, sweep].tolist(), level=level, settled=settled)
        found.append(settled[0])
        wrong.append(any(settled[2:]))
    assert float(np.mean(wrong)) <= highest(N_FAMILIES)
    assert float(np.mean(found)) > 0.9


def test_settling_at_one_look_is_holms() -> None:
    p_values = [0.01, 0.03, 0.02, 0.2]
    assert settle(p_values, level=0.05) == [p <= 0.05 for p in holm(p_values)]
