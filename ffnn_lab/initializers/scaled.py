"""Schemes that match variances: LeCun, Glorot, He, and torch's default.

Source:
    LeCun, Bottou, Orr and Mueller (1998), "Efficient BackProp", section 4.6; Glorot and Bengio
    (2010), Eqs. 12 and 16; He et al. (2015), Eq. 10.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ffnn_lab.config.initializer import SchemeConfig
from ffnn_lab.initializers.base import base_normal, base_uniform
from ffnn_lab.initializers.option import Initializer, Layer
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor

    Deviation = Callable[[Layer], float]
    """A function that returns the scheme's standard deviation for a layer."""
    Draw = Callable[[SchemeConfig, Layer, torch.Generator], Tensor]


def lecun(layer: Layer) -> float:
    """Return the standard deviation at which a linear layer's outputs vary like its inputs."""
    return math.sqrt(1 / layer.fan_in)


def glorot(layer: Layer) -> float:
    """Return the standard deviation between those that keep the variance of outputs and gradients.

    A linear layer's outputs keep the variance of its inputs if the variance of weights is
    ``1 / fan_in``; gradients that pass the layer backward keep theirs if it is ``1 / fan_out``.
    """
    return math.sqrt(2 / (layer.fan_in + layer.fan_out))


def he(layer: Layer) -> float:
    """Return the standard deviation at which a layer with ReLU keeps the mean square of inputs."""
    return math.sqrt(2 / layer.fan_in)


def torch_default(layer: Layer) -> float:
    """Return the standard deviation of ``nn.Linear``, which draws from U(+-1/sqrt(fan_in))."""
    return math.sqrt(1 / (3 * layer.fan_in))


BASES = {"uniform": (base_uniform, math.sqrt(3)), "normal": (base_normal, 1.0)}
"""Base draw of each family, and the factor that scales its standard deviation to 1."""


def scaled(deviation: Deviation, family: str) -> Draw:
    """Return the drawing function of a scheme, see `Initializer.draw`.

    Args:
        deviation: Function that returns the standard deviation for a layer.
        family: Family of the base draw, a key of `BASES`.
    """
    base, unit = BASES[family]

    def draw(_config: SchemeConfig, layer: Layer, rng: torch.Generator) -> Tensor:
        return unit * deviation(layer) * base(layer.shape, rng)

    return draw


def _register(name: str, order: int, draw: Draw, *, serves_bias: bool = False) -> None:
    register(
        Initializer(
            name=name, order=order, config=SchemeConfig, draw=draw, serves_bias=serves_bias
        )
    )


_register("lecun_uniform", 4, scaled(lecun, "uniform"))
_register("lecun_normal", 5, scaled(lecun, "normal"))
_register("glorot_uniform", 6, scaled(glorot, "uniform"))
_register("glorot_normal", 7, scaled(glorot, "normal"))
_register("he_uniform", 8, scaled(he, "uniform"))
_register("he_normal", 9, scaled(he, "normal"))
_register("torch", 11, scaled(torch_default, "uniform"), serves_bias=True)
