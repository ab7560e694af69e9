"""Gradient descent, worked by hand."""

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """1 - 0.1 * 2 = 0.8; 0.8 - 0.1 * (-3) = 1.1."""
    assert two_steps("sgd", [2.0, -3.0], lr=0.1) == pytest.approx(1.1, rel=1e-14)
