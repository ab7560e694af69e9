"""Heavy-ball momentum, worked by hand."""

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """With velocities 2, then 0.5 * 2 - 3 = -2: w = 1 - 0.2 = 0.8, then 0.8 + 0.2 = 1.0."""
    w = two_steps("heavy_ball", [2.0, -3.0], lr=0.1, momentum=0.5)
    assert w == pytest.approx(1.0, rel=1e-14)


def test_without_momentum_it_is_gradient_descent() -> None:
    """1 - 0.1 * (2 - 3) = 1.1."""
    w = two_steps("heavy_ball", [2.0, -3.0], lr=0.1, momentum=0.0)
    assert w == pytest.approx(1.1, rel=1e-14)


def test_the_velocity_settles_at_one_over_one_minus_momentum() -> None:
    """Under a constant gradient g the step tends to lr * g / (1 - momentum) = 0.1 / 0.1 = 1."""
    before, after = (two_steps("heavy_ball", [1.0] * n, lr=0.1, momentum=0.9) for n in (400, 401))
    assert before - after == pytest.approx(1.0, rel=1e-12)
