"""Adam, worked by hand."""

import math

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """With beta1 = 1/2, beta2 = 3/4, lr = 0.1, eps = 1, gradients 4 and 2.

    The mean of gradients is a, the mean of squares s; both are corrected for their start at 0.
    a = 2, corrected 2 / (1/2) = 4; s = 4, corrected 4 / (1/4) = 16: a step of 0.1 * 4 / 5.
    a = 2, corrected 2 / (3/4) = 8/3; s = 3 + 1 = 4, corrected 4 / (7/16) = 64/7: a step of
    0.1 * 8/3 / (sqrt(64/7) + 1).
    """
    w = two_steps("adam", [4.0, 2.0], lr=0.1, beta1=0.5, beta2=0.75, eps=1.0)
    expected = 1 - 0.08 - 0.1 * (8 / 3) / (math.sqrt(64 / 7) + 1)
    assert w == pytest.approx(expected, rel=1e-14)


def test_the_first_step_is_lr_long_whatever_the_gradient() -> None:
    for gradient in (1e-3, 1.0, 1e6):
        w = two_steps("adam", [gradient], lr=0.1, beta1=0.9, beta2=0.999, eps=1e-15)
        assert w == pytest.approx(0.9, rel=1e-11)  # eps is 1e-12 of the smallest root


def test_the_corrections_fade() -> None:
    """After many equal gradients g, the means are g and g squared, and the step is lr long."""
    before, after = (
        two_steps("adam", [5.0] * n, lr=0.1, beta1=0.5, beta2=0.9, eps=1e-15) for n in (400, 401)
    )
    assert before - after == pytest.approx(0.1, rel=1e-11)  # differences of numbers near 40
