"""Coverage must be counted right, and agree with theory for normal values."""

import math

import numpy as np
import pytest
from scipy.stats import t

from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.measured_coverage import (
    REPLICATES,
    SEEDS,
    coverage_table,
    expected_coverage,
)
from ffnn_lab.report.reports.simulated import bounds
from ffnn_lab.report.statistics import exact_interval, mean_interval
from tests.support.report.replicated import table_of

PAIR = Contrast("adam", "sgd")
N, N_SEEDS = 400, 5
BETWEEN, WITHIN = 0.006, 0.004
"""Standard deviations of a difference between tunings (with splits), and within a tuning."""


def draw(n: int, seed: int) -> np.ndarray:
    """Draw errors, ``(replicates, seeds, arms)``, with the deviations `BETWEEN` and `WITHIN`."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.0, BETWEEN / math.sqrt(2), (n, 1, 2))
    values = values + rng.normal(0.0, WITHIN / math.sqrt(2), (n, N_SEEDS, 2))
    split = rng.normal(0.0, 0.02, (n, 1, 1))  # which both arms share
    return np.asarray(0.1 + values + split + np.array([0.0, -0.01]))


def test_intervals_are_counted_as_one_by_one() -> None:
    values = draw(23, 1)
    table = coverage_table(table_of(values, "sgd", "adam"), [PAIR], sizes=(5,))
    differences = values[:, :, 1] - values[:, :, 0]
    means = differences.mean(axis=1)
    truth = means.mean()
    of_seeds = [mean_interval(each.tolist()) for each in differences]
    of_groups = [mean_interval(means[i : i + 5].tolist()) for i in (0, 5, 10, 15)]
    for row, intervals in zip(table.to_dict("records"), (of_seeds, of_groups), strict=True):
        covered = sum(each.low <= truth <= each.high for each in intervals)
        assert (row["arm"], row["against"]) == ("adam", "sgd")
        assert row["truth"] == pytest.approx(truth)
        assert (row["covered"], row["n"], row["n_without"]) == (covered, len(intervals), 0)
        exact = exact_interval(covered, len(intervals))
        assert (row["share"], row["share.low"], row["share.high"]) == pytest.approx(
            (exact.mean, exact.low, exact.high)
        )
    assert table["of"].tolist() == [SEEDS, REPLICATES]
    assert table["n_replicates"].tolist() == [1, 5]


def test_of_normal_values_intervals_cover_as_theory_says() -> None:
    """Intervals over replicates cover as expected, and intervals over seeds far less often.

    The mean over seeds deviates from the truth with the variance
    ``BETWEEN^2 + WITHIN^2 / N_SEEDS``, of which the interval over seeds estimates the second term
    alone. So it covers as often as Student's t is below its quantile divided by ``stretch``.
    """
    table = coverage_table(table_of(draw(N, 2), "sgd", "adam"), [PAIR])
    stretch = math.sqrt(1 + N_SEEDS * BETWEEN**2 / WITHIN**2)
    quantile = t.ppf(0.975, N_SEEDS - 1)
    theory = 1 - 2 * t.sf(quantile / stretch, N_SEEDS - 1)
    assert 0.5 < theory < 0.65  # so that exchanging the two outcomes shows
    old, *new = table.to_dict("records")
    low, high = bounds(theory, n=N)
    assert old["n"] == N
    assert low <= old["share"] <= high
    assert [row["n"] for row in new] == [80, 40, 20]
    for row in new:
        low, high = bounds(row["expected"], n=row["n"])
        assert low <= row["share"] <= high
        assert row["random.low"] <= row["expected"] <= row["random.high"]
        # Random groups give a shorter interval than disjoint groups.
        disjoint = row["share.high"] - row["share.low"]
        assert row["random.high"] - row["random.low"] < disjoint


def test_the_expected_share_is_that_of_simulated_groups() -> None:
    """Intervals of 5 of 20 normal values are to cover the mean of the 20."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(4000, 20))
    part = values[:, :5]
    half = t.ppf(0.975, 4) * part.std(axis=1, ddof=1) / math.sqrt(5)
    covered = np.abs(part.mean(axis=1) - values.mean(axis=1)) <= half
    low, high = bounds(expected_coverage(5, of=20), n=4000)
    assert low <= covered.mean() <= high
    assert expected_coverage(5, of=10_000) == pytest.approx(0.95, abs=1e-4)
    assert expected_coverage(5, of=5) == 1


def test_equal_differences_have_no_interval_and_do_not_err() -> None:
    values = draw(12, 4)
    values[:3, :, 1] = values[:3, :, 0] + 0.5
    table = coverage_table(table_of(values, "sgd", "adam"), [PAIR], sizes=(5,))
    old = table.iloc[0]
    assert old["n_without"] == 3
    assert old["n"] == 12
    differences = (values[:, :, 1] - values[:, :, 0])[3:]
    truth = old["truth"]
    others = [mean_interval(each.tolist()) for each in differences]
    assert old["covered"] == 3 + sum(each.low <= truth <= each.high for each in others)
