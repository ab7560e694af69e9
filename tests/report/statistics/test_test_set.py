"""The variance due to the test set must be exact, agree with least squares, and be unbiased."""

import math

import numpy as np
import pytest

from ffnn_lab.report.statistics import variance_of_test_set


def test_by_hand() -> None:
    """The means of the examples are 1, 0, 0 and 1/2, whose variance is 11/48.

    The means of the columns are 1/2 and 1/4, the mean of all values is 3/8. Values less the means
    of their row and column plus the mean of all are -1/8, -1/8, -1/8, 3/8 in one column and the
    opposite in the other. Their squares sum up to 2 (3 + 9) / 64 = 3/8. Of 8 cells, 3 degrees of
    freedom are left.
    """
    found = variance_of_test_set(np.array([[1, 1], [0, 0], [0, 0], [1, 0]]))
    assert found == pytest.approx((11 / 48 - (3 / 8) / 3 / 2) / 4, rel=1e-14)


def test_what_a_column_adds_to_all_examples_is_no_part_of_it() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 4))
    shifted = values + np.array([5.0, -3.0, 0.0, 1.0])
    assert variance_of_test_set(shifted) == pytest.approx(variance_of_test_set(values), rel=1e-12)


def test_examples_that_answer_alike_in_every_column_have_their_plain_variance() -> None:
    column = np.array([1, 0, -1, 0, 1, 1])
    found = variance_of_test_set(np.stack([column] * 3, axis=1))
    assert found == pytest.approx(column.var(ddof=1) / 6, rel=1e-14)


def test_it_is_below_zero_where_answers_differ_by_seed_alone() -> None:
    assert variance_of_test_set(np.array([[1, -1], [-1, 1], [1, -1]])) < 0


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0), (5, 1)])
def test_fewer_than_two_of_either_say_nothing(shape: tuple[int, int]) -> None:
    assert math.isnan(variance_of_test_set(np.zeros(shape)))


def test_mean_squares_are_those_of_least_squares() -> None:
    """The residual is that of a fit with one number for each row and each column."""
    values = np.random.default_rng(1).normal(size=(7, 4))
    rows, columns = (each.ravel() for each in np.indices(values.shape))
    design = np.concatenate([np.eye(7)[rows], np.eye(4)[columns]], axis=1)
    fitted = design @ np.linalg.lstsq(design, values.ravel())[0]
    rest = float(((values.ravel() - fitted) ** 2).sum()) / (6 * 3)
    expected = (values.mean(axis=1).var(ddof=1) - rest / 4) / 7
    assert variance_of_test_set(values) == pytest.approx(expected, rel=1e-10)


N_EXAMPLES, N_SEEDS, N_SIMULATIONS = 80, 3, 3000


def test_it_is_right_on_average_and_the_plain_variance_is_not() -> None:
    """The estimate is unbiased, and the plain variance over examples is far too large.

    For each example the chances of a wrong answer of two methods are drawn once, so that a
    method's seeds have a part in common; each net shifts all its chances by a number of its own.
    The truth is the variance over examples of the difference of the mean chances. The mean
    estimate must be within four standard errors of the truth.
    """
    rng = np.random.default_rng(2)
    shape = (N_SIMULATIONS, N_EXAMPLES)
    is_hard = rng.random(shape) < 0.3
    chances = [np.where(is_hard, high, low) for high, low in ((0.6, 0.05), (0.3, 0.1))]
    true = (0.3 * 0.7) * ((0.6 - 0.3) - (0.05 - 0.1)) ** 2 / N_EXAMPLES
    wrong = []
    for chance in chances:
        shift = rng.uniform(-0.05, 0.05, (N_SIMULATIONS, 1, N_SEEDS))
        wrong.append(rng.random((*shape, N_SEEDS)) < chance[:, :, None] + shift)
    differences = wrong[0].astype(int) - wrong[1].astype(int)
    found = np.array([variance_of_test_set(each) for each in differences])
    error = found.std(ddof=1) / math.sqrt(N_SIMULATIONS)
    assert abs(found.mean() - true) < 4 * error
    plain = differences.mean(axis=2).var(axis=1, ddof=1) / N_EXAMPLES
    assert plain.mean() > true + 40 * error


def test_with_what_seeds_add_it_is_the_variance_over_test_sets() -> None:
    """The estimate plus the seeds' part is the variance of the mean difference over simulations.

    Each simulation draws its own examples and seeds.
    """
    rng = np.random.default_rng(3)
    examples = rng.normal(0.0, 0.3, (N_SIMULATIONS, N_EXAMPLES, 1))
    rests = rng.standard_t(5, (N_SIMULATIONS, N_EXAMPLES, N_SEEDS))
    differences = examples + rests
    total = differences.mean(axis=(1, 2)).var(ddof=1)
    found = np.mean([variance_of_test_set(each) for each in differences])
    of_seeds = (5 / 3) / (N_EXAMPLES * N_SEEDS)
    # The relative standard error of a variance of 3000 values is the square root of 2 / 3000.
    assert found + of_seeds == pytest.approx(total, rel=4 * math.sqrt(2 / N_SIMULATIONS))
