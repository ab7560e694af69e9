"""AdaGrad, worked by hand."""

import pytest

from tests.support.by_hand import two_steps


def test_two_steps_by_hand() -> None:
    """Sums of squares 9, then 9 + 16 = 25; steps 0.1 * 3 / (3 + 1), then 0.1 * 4 / (5 + 1)."""
    w = two_steps("adagrad", [3.0, 4.0], lr=0.1, eps=1.0)
    assert w == pytest.approx(1 - 0.075 - 0.4 / 6, rel=1e-14)


def test_the_first_step_is_lr_long_whatever_the_gradient() -> None:
    for gradient in (1e-3, 1.0, 1e6):
        w = two_steps("adagrad", [gradient], lr=0.1, eps=1e-15)
        assert w == pytest.approx(0.9, rel=1e-11)  # eps is 1e-12 of the smallest root
