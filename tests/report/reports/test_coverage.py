"""Intervals must cover as often as they promise, or nearly, where this is documented.

A row has 500 simulations; a share p of them has the standard error sqrt(p (1 - p) / 500), and the
bounds are binomial. As there are many rows, a correct interval exceeds the bounds of a row only
once in 100,000 times.
"""

import functools

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.reports.coverage import (
    SEEDS,
    SETTINGS,
    Shape,
    _of_seeds,
    _of_settings,
    coverage_table,
    readable_coverage,
)
from ffnn_lab.report.reports.simulated import bounds
from tests.support.exhaustive import rest

pytestmark = pytest.mark.slow
N_SEEDS = [10, rest(5), rest(30)]

N = 500
CERTAINTY = 1 - 1e-5
EXACT = 0.95
NEARLY = 0.91
"""Coverage that the jackknife and the interval of the trimmed mean promise in the worst row."""


@functools.cache
def seeds(shape: int, n: int) -> dict[str, float]:
    """Simulate the intervals and tests over ``n`` seeds; return the share of each by its name."""
    rows = _of_seeds(SEEDS[shape], n, N, np.random.default_rng(shape))
    return {str(row["interval"]): float(str(row["share"])) for row in rows}


def at_least(promised: float) -> float:
    return bounds(promised, n=N, certainty=CERTAINTY)[0]


NORMAL, COUNTS, SKEWED, DIVERGING = range(4)
T, TRIMMED = "t, mean", "Tukey-McLaughlin, interquartile mean"
WILSON, BCA = "Wilson, probability of improvement", "BCa, mean"
FLIPS = "signs flipped, errs at 0.05"


@pytest.mark.parametrize("n", N_SEEDS)
def test_the_t_interval_of_normal_values_is_exact(n: int) -> None:
    low, high = bounds(EXACT, n=N, certainty=CERTAINTY)
    assert low <= seeds(NORMAL, n)[T] <= high


@pytest.mark.parametrize("n", [10, rest(30)])
def test_the_t_interval_holds_for_differences_of_counts(n: int) -> None:
    assert seeds(COUNTS, n)[T] >= at_least(EXACT)


def test_the_t_interval_covers_less_where_values_are_skewed() -> None:
    """At ten seeds of an exponential distribution the coverage is 0.90, as documented."""
    assert at_least(0.88) <= seeds(SKEWED, 10)[T] <= bounds(0.92, n=N, certainty=CERTAINTY)[1]


def test_a_rare_divergence_is_missed_by_the_mean_but_not_by_the_interquartile_mean() -> None:
    """If one seed in twenty diverges, ten seeds include none in 0.95^10 = 0.60 of all cases."""
    found = seeds(DIVERGING, 10)
    assert found[T] <= bounds(0.45, n=N, certainty=CERTAINTY)[1]
    assert found[TRIMMED] >= at_least(NEARLY)


@pytest.mark.parametrize("shape", [NORMAL, COUNTS, SKEWED, DIVERGING])
@pytest.mark.parametrize("n", N_SEEDS)
def test_the_interquartile_mean_is_nearly_covered(shape: int, n: int) -> None:
    assert seeds(shape, n)[TRIMMED] >= at_least(NEARLY)


@pytest.mark.parametrize("shape", [NORMAL, COUNTS])
@pytest.mark.parametrize("n", N_SEEDS)
def test_the_probability_of_improvement_is_covered(shape: int, n: int) -> None:
    """The coverage of Wilson's interval varies about its promise: for n = 10 it may be 0.93."""
    assert seeds(shape, n)[WILSON] >= at_least(0.93)


def test_the_bootstrap_is_only_there_where_it_covers() -> None:
    assert BCA not in seeds(NORMAL, 10)
    assert seeds(NORMAL, 30)[BCA] >= at_least(0.93)


@pytest.mark.parametrize("shape", [NORMAL, COUNTS, SKEWED, DIVERGING])
@pytest.mark.parametrize("n", N_SEEDS)
def test_flipped_signs_err_no_more_often_than_they_say(shape: int, n: int) -> None:
    assert seeds(shape, n)[FLIPS] <= bounds(0.05, n=N, certainty=CERTAINTY)[1]


@pytest.mark.parametrize("shape", SETTINGS, ids=lambda shape: shape.name)
def test_the_band_of_the_best_is_nearly_covered(shape: Shape) -> None:
    """The band must nearly cover from 24 settings on, for all budgets that have a band."""
    for n in (24, 48):
        for row in _of_settings(shape, n, N, np.random.default_rng(n)):
            assert float(str(row["share"])) >= at_least(NEARLY), row


def test_equal_seeds_give_equal_tables() -> None:
    one, same, other = (coverage_table(n_simulations=3, seed=seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one["share"].equals(other["share"])
    assert one["of"].unique().tolist() == ["seeds", "settings", "replicates"]


def test_words_mark_what_is_not_kept() -> None:
    rows = {
        "interval": ["b", "b", "a"],
        "shape": ["normal"] * 3,
        "n": [5, 10, 10],
        "share": [0.8, 0.951, 0.94],
        "kept": [False, True, True],
    }
    words = readable_coverage(pd.DataFrame(rows))
    assert words.to_numpy().tolist() == [
        ["b", "normal", "80.0*", "95.1"],
        ["a", "normal", "-", "94.0"],
    ]
