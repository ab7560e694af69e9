"""Schemes that match variances: LeCun, Glorot, He, and torch's default.

Source:
    LeCun, Bottou, Orr and Mueller (1998), "Efficient BackProp", section 4.6; Glorot and Bengio
    (2010), Eqs. 12 and 16; He et al. (2015), Eq. 10.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig

Deviation = Callable[[int, int], float]
"""(fan_in, fan_out) to the standard deviation that the scheme asks for."""


def base_uniform(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    """Draw from U[-1, 1) in float64; its standard deviation is 1/sqrt(3)."""
    return 2 * torch.rand(shape, generator=rng, dtype=torch.float64) - 1


def scaled_uniform(
    deviation: Deviation,
) -> Callable[[InitializerConfig, int, int, tuple[int, ...], torch.Generator], Tensor]:
    """Make the uniform scheme of that standard deviation."""

    def draw(
        _config: InitializerConfig,
        fan_in: int,
        fan_out: int,
        shape: tuple[int, ...],
        rng: torch.Generator,
    ) -> Tensor:
        return math.sqrt(3) * deviation(fan_in, fan_out) * base_uniform(shape, rng)

    return draw


def scaled_normal(
    deviation: Deviation,
) -> Callable[[InitializerConfig, int, int, tuple[int, ...], torch.Generator], Tensor]:
    """Make the normal scheme of that standard deviation."""

    def draw(
        _config: InitializerConfig,
        fan_in: int,
        fan_out: int,
        shape: tuple[int, ...],
        rng: torch.Generator,
    ) -> Tensor:
        base = torch.randn(shape, generator=rng, dtype=torch.float64)
        return deviation(fan_in, fan_out) * base

    return draw
