"""Intervals over replicates must cover as often as they promise, for differences of any shape.

A row has 500 simulations; a correct interval exceeds the bounds of a row once in 100,000 times.
"""

import functools

import numpy as np
import pytest

from ffnn_lab.report.reports.coverage_of_replicates import (
    TUNINGS,
    of_clusters,
    of_looks,
    of_means,
    of_optima,
    of_shares,
    rows_of_replicates,
)
from ffnn_lab.report.reports.simulated import bounds
from tests.support.exhaustive import rest

pytestmark = pytest.mark.slow

N = 500
CERTAINTY = 1 - 1e-5
LOW, HIGH = bounds(0.95, n=N, certainty=CERTAINTY)
ERRS = bounds(0.05, n=N, certainty=CERTAINTY)[1]
T, CORRECTED = "t over replicates, mean", "Nadeau-Bengio, mean over data sets"
IMPROVES = "Clopper-Pearson, probability of improvement"


def shares(rows: list[dict[str, object]]) -> dict[str, float]:
    return {f"{row['interval']}, {row['shape']}": float(str(row["share"])) for row in rows}


@functools.cache
def means(shape: str, n: int) -> dict[str, float]:
    found = shares(of_means(shape, TUNINGS[shape], n, N, np.random.default_rng(n)))
    return {name.removesuffix(f", {shape}"): share for name, share in found.items()}


@pytest.mark.parametrize("n", [3, rest(5), 10])
def test_intervals_of_normal_differences_are_exact(n: int) -> None:
    assert LOW <= means("normal", n)[T] <= HIGH
    assert LOW <= means("normal", n)[CORRECTED] <= HIGH


@pytest.mark.parametrize("n", [3, rest(5), 10])
def test_a_method_against_itself_is_covered(n: int) -> None:
    assert means("against itself", n)[T] >= LOW


@pytest.mark.parametrize("shape", ["normal", "against itself"])
@pytest.mark.parametrize("n", [3, 10])
def test_the_probability_of_improvement_is_covered(shape: str, n: int) -> None:
    """Three replicates always cover: even the interval of three of three begins at 0.29."""
    share = means(shape, n)[IMPROVES]
    assert share >= LOW
    assert n > 3 or share == 1


def test_skewed_differences_are_covered_less() -> None:
    """The t interval of five skewed effects, with seeds as a normal part, covers about 0.91."""
    assert bounds(0.9, n=N, certainty=CERTAINTY)[0] <= means("skewed", 5)[T] < 0.95


@pytest.mark.parametrize("shape", ["normal", "against itself"])
@pytest.mark.parametrize("largest", [10, 20, rest(40)])
def test_looks_err_no_more_often_than_they_say(shape: str, largest: int) -> None:
    (share,) = shares(
        of_looks(shape, TUNINGS[shape], largest, N, np.random.default_rng(largest))
    ).values()
    assert share <= ERRS


@pytest.mark.parametrize("n", [3, 10])
def test_shares_of_clusters_are_covered(n: int) -> None:
    (share,) = shares(of_clusters(n, N, np.random.default_rng(n))).values()
    assert share >= LOW


@pytest.mark.parametrize("n", [5, 10])
def test_the_share_of_variance_is_covered_exactly(n: int) -> None:
    (share,) = shares(of_shares(n, N, np.random.default_rng(n))).values()
    assert LOW <= share <= HIGH


def test_the_optimum_of_an_axis_is_covered() -> None:
    found = shares(of_optima(5, N, np.random.default_rng(0)))
    assert len(found) == 2
    assert min(found.values()) >= LOW


def test_every_shape_and_number_has_its_rows_and_seeds_decide_them() -> None:
    one, same, other = (rows_of_replicates(n_simulations=3, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
    assert {str(row["shape"]) for row in one} >= set(TUNINGS)
    assert {row["of"] for row in one} == {"replicates"}
    places = [(row["interval"], row["shape"], row["n"]) for row in one]
    assert len(set(places)) == len(places)
