"""The separable problem: its features by hand, its closed forms against the pseudo-inverse."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from ffnn_lab.separable import (
    SOLUTIONS,
    Draw,
    block_lengths,
    draw_labels,
    fresh_error,
    fresh_scores,
    make_inputs,
    min_norm_solution,
    sign_solution,
)

Numbers = NDArray[np.float64]

PROBLEMS = [
    (n, p, draw_seed)
    for (n, p), draw_seed in itertools.product(
        [(5, 0.6), (20, 0.55), (20, 0.6), (50, 0.75), (100, 0.6), (100, 0.9), (400, 0.55)], [0, 1]
    )
]
"""n, p and draw_seed of fourteen problems."""


def _draw(n: int, p: float, draw_seed: int) -> Draw:
    return draw_labels(n=n, p=p, n_dev=7, n_test=100, draw_seed=draw_seed)


def _labels(n_plus: int, n_minus: int) -> Numbers:
    return np.array([1.0] * n_plus + [-1.0] * n_minus)


def _of(labels: Numbers) -> Draw:
    return Draw(labels, _labels(1, 1), _labels(1, 1))


# --- data ------------------------------------------------------------------------------------


def test_features_by_hand() -> None:
    """Labels +1, -1 in train, -1 in test: blocks of 1, 5 and 5 columns after the first three."""
    train, test = make_inputs([np.array([1.0, -1.0]), np.array([-1.0])])
    assert train.tolist() == [
        [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [-1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
    ]
    assert test.tolist() == [[-1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]]


@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_features_are_the_paper_s(n: int, p: float, draw_seed: int) -> None:
    """``x_ij = 1`` for ``j = 4 + 5 (i - 1), ..., 4 + 5 (i - 1) + 2 (1 - y_i)``, i and j from 1.

    Columns that are zero in every example are left out here.
    """
    labels = _draw(n, p, draw_seed).train
    literal = np.zeros((n, 3 + 5 * n))
    literal[:, 0], literal[:, 1:3] = labels, 1
    for i, label in enumerate(labels, start=1):
        first = 4 + 5 * (i - 1)
        last = first + 2 * (1 - int(label))
        literal[i - 1, first - 1 : last] = 1
    (inputs,) = make_inputs([labels])
    assert np.array_equal(inputs, literal[:, literal.any(axis=0)])
    assert inputs.shape[1] > n


def test_splits_share_the_first_three_features_alone() -> None:
    draw = _draw(30, 0.6, 0)
    train, dev, test = make_inputs([draw.train, draw.dev, draw.test])
    used = [split.any(axis=0) for split in (train, dev, test)]
    for one, other in itertools.combinations(used, 2):
        assert np.flatnonzero(one & other).tolist() == [0, 1, 2]
    assert np.logical_or.reduce(used).all()
    for split, labels in ((dev, draw.dev), (test, draw.test)):
        own = split[:, 3:]
        assert np.array_equal(own.sum(axis=1), block_lengths(labels))
        assert own.sum(axis=0).max() == 1  # examples share no other feature with one another


def test_labels_are_plus_1_with_probability_p() -> None:
    """A share of 10,000 labels has a standard deviation of at most 0.005; five are allowed."""
    for p in (0.3, 0.6, 0.9):
        draw = draw_labels(n=10_000, p=p, n_dev=10_000, n_test=10_000, draw_seed=3)
        for labels in (draw.train, draw.dev, draw.test):
            assert set(labels) == {-1.0, 1.0}
            assert float((labels > 0).mean()) == pytest.approx(p, abs=0.025)
        assert not np.array_equal(draw.dev, draw.test)


def test_draws_of_one_seed_are_paired_over_n_and_p() -> None:
    small, large = _draw(20, 0.6, 5), _draw(50, 0.6, 5)
    assert np.array_equal(small.train, large.train[:20])
    assert np.array_equal(small.test, large.test)
    likelier = _draw(50, 0.8, 5)
    assert (likelier.train >= large.train).all()
    assert (likelier.train > large.train).any()
    assert not np.array_equal(_draw(50, 0.6, 6).train, large.train)


# --- the lemma -------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_the_lemma_applies_where_b_is_positive(n: int, p: float, draw_seed: int) -> None:
    """``X sign(X^T y) = 4 y``, and no entry of ``X^T y`` is 0."""
    draw = _draw(n, p, draw_seed)
    (inputs,) = make_inputs([draw.train])
    slope = inputs.T @ draw.train
    assert slope[:3].tolist() == [n, draw.balance, draw.balance]
    holds = bool(slope.all()) and np.array_equal(inputs @ np.sign(slope), 4 * draw.train)
    assert holds == draw.lemma_applies == (draw.balance > 0)


@pytest.mark.parametrize(
    ("n_plus", "n_minus", "applies", "remark"),
    [
        (3, 2, True, ""),
        (1, 0, True, "n_minus = 0"),
        (9, 0, True, "n_minus = 0"),
        (2, 2, False, "b <= 0"),
        (2, 3, False, "b <= 0"),
        (0, 4, False, "b <= 0"),
    ],
)
def test_draws_that_cannot_show_the_gap_are_labeled(
    n_plus: int, n_minus: int, *, applies: bool, remark: str
) -> None:
    draw = _of(_labels(n_plus, n_minus))
    assert (draw.n_plus, draw.n_minus, draw.balance) == (n_plus, n_minus, n_plus - n_minus)
    assert (draw.lemma_applies, draw.remark) == (applies, remark)
    (inputs,) = make_inputs([draw.train])
    sign = np.sign(inputs.T @ draw.train)
    assert (sign.all() and np.array_equal(inputs @ sign, 4 * draw.train)) == applies


def test_with_a_negative_balance_the_signs_solve_nothing() -> None:
    """``X sign(X^T y)`` is 1 - 2 + 1 = 0 for y = +1 and -1 - 2 - 5 = -8 for y = -1."""
    labels = _labels(2, 3)
    (inputs,) = make_inputs([labels])
    assert (inputs @ np.sign(inputs.T @ labels)).tolist() == [0, 0, -8, -8, -8]
    assert np.array_equal(sign_solution(labels), np.sign(inputs.T @ labels) / 4)


# --- closed forms ----------------------------------------------------------------------------


def test_min_norm_by_hand() -> None:
    """One of each label: D = 15 + 3 + 8 + 5 = 31, a_plus = 9/31, a_minus = -5/31.

    w = a_plus x_1 + a_minus x_2 = (14, 4, 4, 9, -5, -5, -5, -5, -5) / 31; x_1 w = 31/31, and
    x_2 w = (-14 + 8 - 25) / 31 = -1.
    """
    weights = min_norm_solution(_labels(1, 1))
    expected = np.array([14, 4, 4, 9, -5, -5, -5, -5, -5]) / 31
    np.testing.assert_allclose(weights, expected, rtol=1e-14)


def test_sign_solution_by_hand() -> None:
    """The train labels are two of +1 and one of -1."""
    by_hand = [1, 1, 1, 1, 1, -1, -1, -1, -1, -1]
    assert (4 * sign_solution(_labels(2, 1))).tolist() == by_hand


@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_min_norm_is_the_pseudo_inverse_s(n: int, p: float, draw_seed: int) -> None:
    labels = _draw(n, p, draw_seed).train
    (inputs,) = make_inputs([labels])
    expected = np.linalg.pinv(inputs) @ labels
    np.testing.assert_allclose(min_norm_solution(labels), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_both_solve_the_problem_and_one_of_them_is_longer(
    n: int, p: float, draw_seed: int
) -> None:
    draw = _draw(n, p, draw_seed)
    (inputs,) = make_inputs([draw.train])
    shorter, longer = min_norm_solution(draw.train), sign_solution(draw.train)
    np.testing.assert_allclose(inputs @ shorter, draw.train, rtol=0, atol=1e-12)
    assert np.array_equal(inputs @ longer, draw.train) == draw.lemma_applies
    if draw.lemma_applies:
        # What the signs add lies in the null space, so the pseudo-inverse takes it away again.
        projected = np.linalg.pinv(inputs) @ (inputs @ longer)
        np.testing.assert_allclose(projected, shorter, rtol=0, atol=1e-12)
        assert np.linalg.norm(longer) > np.linalg.norm(shorter)


@pytest.mark.parametrize("ridge", [0.1, 5.0, 200.0])
@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_ridge_solution_solves_the_normal_equations(
    n: int, p: float, draw_seed: int, ridge: float
) -> None:
    labels = _draw(n, p, draw_seed).train
    (inputs,) = make_inputs([labels])
    kernel = inputs @ inputs.T + ridge * np.eye(n)
    expected = inputs.T @ np.linalg.solve(kernel, labels)
    found = min_norm_solution(labels, ridge=ridge)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_the_margin_example() -> None:
    """With n = 100, p = .6 and 57 labels of +1, norms are about 0.98 and 4, the cosine 0.237."""
    labels = _labels(57, 43)
    shorter, longer = (solve(labels) for solve in SOLUTIONS.values())
    norms = np.linalg.norm(shorter), np.linalg.norm(longer)
    assert norms[0] == pytest.approx(0.98, abs=0.005)
    assert norms[1] == pytest.approx(np.sqrt(3 + 57 + 5 * 43) / 4, rel=1e-12)
    assert shorter @ longer / (norms[0] * norms[1]) == pytest.approx(0.237, abs=0.0005)


def test_blocks_of_three_would_not_do() -> None:
    """As recalled, the paper prints the formula for blocks of 3, where no c serves both labels."""
    labels = _labels(3, 2)
    lengths = np.where(labels > 0, 1, 3)
    inputs = np.zeros((5, 3 + lengths.sum()))
    inputs[:, 0], inputs[:, 1:3] = labels, 1
    rows = np.repeat(np.arange(5), lengths)
    inputs[rows, 3 + np.arange(len(rows))] = 1
    assert (inputs @ np.sign(inputs.T @ labels)).tolist() == [4, 4, 4, -2, -2]
    weights = np.linalg.pinv(inputs) @ labels
    plus = (4 * 2 + 3) / (9 * 3 + 3 * 2 + 8 * 3 * 2 + 3)
    assert weights[3] == pytest.approx(plus, rel=1e-12)


# --- fresh examples --------------------------------------------------------------------------


def test_fresh_scores_of_the_signs_by_hand() -> None:
    """(y + 2) / 4: 3/4 for y = +1, 1/4 for y = -1; every negative example errs, and no other."""
    labels = np.array([1.0, -1.0, -1.0, 1.0, 1.0])
    weights = sign_solution(_labels(3, 1))
    assert fresh_scores(weights, labels).tolist() == [0.75, 0.25, 0.25, 0.75, 0.75]
    assert fresh_error(weights, labels) == 2 / 5


def test_a_score_of_0_errs() -> None:
    assert fresh_error(np.zeros(3), np.array([1.0, -1.0])) == 1


@pytest.mark.parametrize(("n_plus", "n_minus"), [(1, 1), (1, 9), (9, 1), (60, 40), (99, 1)])
def test_fresh_scores_of_least_norm(n_plus: int, n_minus: int) -> None:
    """docs/papers.md, 1.3: (8 n+ n- + 15 n+ - n-) / D and (-8 n+ n- + 5 n+ - 3 n-) / D."""
    weights = min_norm_solution(_labels(n_plus, n_minus))
    product, determinant = 8 * n_plus * n_minus, 15 * n_plus + 3 * n_minus + 5
    determinant += product
    expected = np.array([product + 15 * n_plus - n_minus, -product + 5 * n_plus - 3 * n_minus])
    labels = np.array([1.0, -1.0])
    np.testing.assert_allclose(fresh_scores(weights, labels), expected / determinant, rtol=1e-12)
    assert fresh_error(weights, labels) == 0


@pytest.mark.parametrize("n_plus", [1, 20])
def test_without_negative_examples_least_norm_errs_on_them_too(n_plus: int) -> None:
    weights = min_norm_solution(_labels(n_plus, 0))
    assert fresh_error(weights, np.array([1.0, -1.0, -1.0, 1.0])) == 1 / 2


@pytest.mark.parametrize(("n", "p", "draw_seed"), PROBLEMS)
def test_errors_by_three_coordinates_and_by_sampling_agree(
    n: int, p: float, draw_seed: int
) -> None:
    draw = _draw(n, p, draw_seed)
    _, test = make_inputs([draw.train, draw.test])
    for solve in SOLUTIONS.values():
        weights = solve(draw.train)
        whole = np.pad(weights, (0, test.shape[1] - len(weights)))
        sampled = float((np.sign(test @ whole) != draw.test).mean())
        assert fresh_error(weights[:3], draw.test) == sampled
    if not draw.remark:
        assert fresh_error(min_norm_solution(draw.train), draw.test) == 0
        is_negative = float((draw.test < 0).mean())
        assert fresh_error(sign_solution(draw.train), draw.test) == is_negative > 0
