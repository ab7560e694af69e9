"""Tests and intervals of many rows at once must equal those of each row alone."""

import math

import numpy as np
import pytest

from ffnn_lab.report.statistics import (
    mean_interval,
    sample_std,
    sign_flip_p,
    sign_flip_ps,
    t_ends,
    t_p,
    t_ps,
)


def draw(n: int) -> np.ndarray:
    """Draw rows of ``n`` differences: normal values, counts with ties, and equal values."""
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(30, n)), rng.integers(-2, 3, (30, n)) / 360, np.full((1, n), 0.1)]
    return np.concatenate([*rows, np.zeros((1, n))])


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_ends_and_p_values_of_t_are_those_of_each_row(n: int) -> None:
    values = draw(n)
    low, high = t_ends(values)
    ps = t_ps(values)
    for place, row in enumerate(values):
        interval = mean_interval(row.tolist())
        assert low[place] == pytest.approx(interval.low, rel=1e-12, nan_ok=True)
        assert high[place] == pytest.approx(interval.high, rel=1e-12, nan_ok=True)
        error = math.nan if math.isnan(interval.low) else sample_std(row.tolist()) / math.sqrt(n)
        p = t_p(float(row.mean()), standard_error=error, freedom=n - 1)
        assert ps[place] == pytest.approx(p, rel=1e-9, abs=1e-15, nan_ok=True)


@pytest.mark.parametrize("n", [1, 5, 10, 20])
def test_p_values_of_sign_flips_are_those_of_each_row(n: int) -> None:
    values = draw(n)[::4]
    ps = sign_flip_ps(values, rng=np.random.default_rng(1))
    alone = [sign_flip_p(row.tolist(), rng=np.random.default_rng(1)) for row in values]
    assert ps.tolist() == pytest.approx(alone, rel=1e-12)


def test_more_rows_than_are_summed_at_once_change_nothing() -> None:
    values = np.random.default_rng(2).normal(size=(150, 20))
    ps = sign_flip_ps(values, rng=np.random.default_rng(1))
    parts = [sign_flip_ps(each, rng=np.random.default_rng(1)) for each in np.split(values, 3)]
    assert np.concatenate(parts).tolist() == ps.tolist()
