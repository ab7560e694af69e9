"""RMSProp, worked by hand."""

import math

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """Mean squares 0.25 * 16 = 4, then 0.75 * 4 + 0.25 * 4 = 4.

    Steps 0.1 * 4 / 3 and 0.1 * 2 / 3.
    """
    w = two_steps("rmsprop", [4.0, 2.0], lr=0.1, rho=0.75, eps=1.0)
    assert w == pytest.approx(1 - 0.4 / 3 - 0.2 / 3, rel=1e-14)


def test_the_first_step_is_not_corrected_for_the_start_at_zero() -> None:
    """The first step is lr / sqrt(1 - rho) long: sqrt(100) times lr at rho = 0.99."""
    w = two_steps("rmsprop", [1.0], lr=0.01, rho=0.99, eps=1e-15)
    assert w == pytest.approx(1 - 0.01 / math.sqrt(0.01), rel=1e-12)
