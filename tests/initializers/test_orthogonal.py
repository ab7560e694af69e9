"""Orthogonal weights: orthonormal, uniform over rotations, the same on any number of threads."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.initializers import initialize


def _draw(fan_in: int, fan_out: int, *, seed: int = 0, gain: float = 1.0) -> Tensor:
    config = SchemeConfig(name="orthogonal", gain=gain)
    return initialize(config, seed=seed, layer=0, fan_in=fan_in, fan_out=fan_out, is_bias=False)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(1, 1), (1, 7), (7, 1), (64, 10), (10, 64)])
def test_the_shorter_side_is_orthonormal(fan_in: int, fan_out: int) -> None:
    weight = _draw(fan_in, fan_out)
    assert weight.shape == (fan_out, fan_in)
    gram = weight @ weight.T if fan_out < fan_in else weight.T @ weight
    assert torch.allclose(gram, torch.eye(min(fan_in, fan_out), dtype=torch.float64), atol=1e-14)


def test_the_gain_is_every_singular_value() -> None:
    values = torch.linalg.svdvals(_draw(30, 20, gain=1.7))
    assert torch.allclose(values, torch.full((20,), 1.7, dtype=torch.float64), rtol=1e-13)


def test_no_direction_is_preferred() -> None:
    """QR without the folded signs would give diagonal entries of one sign.

    Under the Haar measure an entry of a 2 x 2 rotation has mean 0 and mean square 1/2. Over
    2000 draws the mean has deviation sqrt(1/2 / 2000), and five of them are allowed.
    """
    draws = torch.stack([_draw(2, 2, seed=seed) for seed in range(2000)])
    assert draws.mean(dim=0).abs().max().item() < 5 * math.sqrt(0.5 / 2000)


def test_the_number_of_threads_does_not_move_the_draw(set_threads: Callable[[int], None]) -> None:
    """The QR of LAPACK gives other bits on two threads, from about 64 x 64 up."""
    for shape in ((77, 101), (64, 128), (300, 300)):
        set_threads(1)
        alone = _draw(*shape)
        set_threads(2)
        assert torch.equal(_draw(*shape), alone)
        assert torch.get_num_threads() == 2
