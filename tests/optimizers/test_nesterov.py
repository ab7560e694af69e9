"""Nesterov momentum, worked by hand."""

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """Velocity v = 2, step 2 + 0.5 * 2 = 3, w = 0.7; v = 1 - 3 = -2, step -3 - 1 = -4, w = 1.1."""
    w = two_steps("nesterov", [2.0, -3.0], lr=0.1, momentum=0.5)
    assert w == pytest.approx(1.1, rel=1e-14)


def test_without_momentum_it_is_gradient_descent() -> None:
    """1 - 0.1 * (2 - 3) = 1.1."""
    w = two_steps("nesterov", [2.0, -3.0], lr=0.1, momentum=0.0)
    assert w == pytest.approx(1.1, rel=1e-14)
