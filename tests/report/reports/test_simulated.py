"""Rows of simulated shares must be counted right, and shares worse than promised be marked."""

import math

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.reports.simulated import bounds, covers, hits, row_of
from ffnn_lab.report.statistics import Interval


def test_bounds_are_binomial_quantiles() -> None:
    low, high = bounds(0.95, n=1000, certainty=0.99)
    assert (low, high) == tuple(stats.binom.interval(0.99, 1000, 0.95) / np.array(1000))


@pytest.mark.parametrize(
    ("truth", "has"), [(0.1, True), (0.3, True), (0.3 + 1e-12, True), (0.31, False), (0.0, False)]
)
def test_ends_belong_to_an_interval(truth: float, *, has: bool) -> None:
    assert covers(Interval(0.2, 0.1, 0.3, 5), truth) == has


def test_intervals_without_ends_are_not_counted() -> None:
    none = Interval(0.2, math.nan, math.nan, 1)
    assert hits([Interval(0.2, 0.1, 0.3, 5), none, Interval(0.4, 0.3, 0.5, 5)], 0.2) == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("n_hits", "is_test", "kept"),
    [
        (950, False, True),
        (1000, False, True),
        (900, False, False),
        (40, True, True),
        (0, True, True),
        (90, True, False),
    ],
)
def test_a_row_is_kept_on_the_safe_side(n_hits: int, *, is_test: bool, kept: bool) -> None:
    found = [True] * n_hits + [False] * (1000 - n_hits)
    row = row_of("t, mean", "normal", 5, found, of="seeds", is_test=is_test)
    assert row["share"] == n_hits / 1000
    assert row["promised"] == pytest.approx(0.05 if is_test else 0.95)
    assert row["kept"] == kept
