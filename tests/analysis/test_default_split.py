"""Tests of reading the results of a smaller design from the runs of a larger design."""

import numpy as np
import pytest

from analysis.default_split import (
    BEFORE,
    CHOSEN,
    FEWEST,
    N_RUNS,
    Design,
    designs,
    half_width,
    tuned_errors,
)
from ffnn_lab.report.statistics import mean_interval


def errors(dev: list[list[float]], test: list[list[float]]) -> dict[str, np.ndarray]:
    """Return one replicate's results, given by setting and seed; all dev losses are 0."""
    return {
        "dev.error": np.array([dev]),
        "dev.loss": np.zeros((1, len(dev), len(dev[0]))),
        "test.error": np.array([test]),
    }


def test_dev_error_of_the_tuning_seeds_chooses_and_the_other_seeds_tell() -> None:
    """The first seed chooses setting 1, the second setting 0; each is tested on the other seed."""
    known = errors(dev=[[0.3, 0.1], [0.2, 0.4]], test=[[0.5, 0.6], [0.7, 0.8]])
    found = tuned_errors(known, Design(n_settings=2, n_tune=1, n_confirm=1))
    assert found.tolist() == [[0.8], [0.5]]


def test_settings_beyond_the_design_are_not_seen() -> None:
    known = errors(dev=[[0.3, 0.3], [0.2, 0.2]], test=[[0.5, 0.6], [0.7, 0.8]])
    found = tuned_errors(known, Design(n_settings=1, n_tune=1, n_confirm=1))
    assert found.tolist() == [[0.6], [0.5]]


def test_dev_loss_breaks_ties() -> None:
    known = errors(dev=[[0.2, 0.2], [0.2, 0.2]], test=[[0.5, 0.5], [0.7, 0.7]])
    known["dev.loss"][0, 1] = -1.0
    found = tuned_errors(known, Design(n_settings=2, n_tune=1, n_confirm=1))
    assert found.tolist() == [[0.7], [0.7]]


def test_the_half_width_is_that_of_the_interval_of_so_many_replicates() -> None:
    """With eight replicates, the half-width is that of the interval of their differences."""
    values = np.random.default_rng(0).normal(size=BEFORE.n_replicates)
    interval = mean_interval(values.tolist())
    assert half_width(values[None], BEFORE) == pytest.approx((interval.high - interval.low) / 2)


def test_no_design_costs_more_than_there_is_time_for() -> None:
    every = list(designs())
    assert {BEFORE, CHOSEN} <= set(every)
    assert all(d.n_runs * d.n_replicates <= N_RUNS for d in every)
    assert all(d.n_replicates >= FEWEST for d in every)
