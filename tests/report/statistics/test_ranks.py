"""The agreement of two orders must be Kendall's tau, also with tied and infinite scores."""

import math

import numpy as np
import pytest
from scipy import stats

from ffnn_lab.report.statistics import rank_agreement, ranks_of


def test_equal_scores_share_the_mean_of_their_places() -> None:
    assert ranks_of([0.3, 0.1, 0.3, 0.2]) == [3.5, 1.0, 3.5, 2.0]
    assert ranks_of([0.3, math.inf]) == [1.0, 2.0]


def test_agreement_of_equal_and_reversed_orders() -> None:
    assert rank_agreement([1.0, 2.0, 3.0], [0.1, 0.5, 0.9]) == pytest.approx(1.0)
    assert rank_agreement([1.0, 2.0, 3.0], [0.9, 0.5, 0.1]) == pytest.approx(-1.0)
    # Of three pairs one has changed places: (2 - 1) / 3.
    assert rank_agreement([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("seed", range(5))
def test_agreement_equals_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(0, 4, 7).astype(float).tolist() for _ in range(2))
    expected = stats.kendalltau(one, other).statistic
    assert rank_agreement(one, other) == pytest.approx(expected)


def test_without_an_order_there_is_no_agreement() -> None:
    """The agreement is NaN, and no warning is raised."""
    assert math.isnan(rank_agreement([1.0, 1.0], [1.0, 2.0]))
    assert math.isnan(rank_agreement([1.0], [2.0]))


def test_infinite_scores_are_equal_to_one_another() -> None:
    inf = math.inf
    assert rank_agreement([inf, inf, 1.0], [3.0, 3.0, 2.0]) == pytest.approx(1.0)
