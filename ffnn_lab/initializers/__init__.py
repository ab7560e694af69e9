"""Initializers: schemes of initial weights, which scale one base draw for each seed and layer.

Importing this package, or any initializer's file, imports neither torch nor numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.initializers.option import INITIALIZERS, Initializer, Layer

if TYPE_CHECKING:
    from torch import Tensor

    from ffnn_lab.config import InitializerConfig


def initialize(
    config: InitializerConfig,
    *,
    seed: int,
    layer: int,
    fan_in: int,
    fan_out: int,
    is_bias: bool,
    shape: tuple[int, ...] | None = None,
) -> Tensor:
    """Draw the initial weight or bias of one layer of one member, in float64.

    The base draw depends on the seed, the layer and the family (uniform, normal) alone: two
    schemes of one family, or two gains, differ by a factor only.

    Args:
        config: The initializer's config, with the scheme and its gain.
        seed: The run's seed.
        layer: The number of the layer, from 0.
        fan_in: Number of inputs of a unit of the layer, without padding.
        fan_out: Number of outputs of the layer, without padding.
        is_bias: True to draw a bias, False to draw a weight.
        shape: The shape to draw; None for ``(fan_out,)`` of a bias and ``(fan_out, fan_in)`` of a
            weight. The weight of a convolution, for example, has another shape.
    """
    import torch  # noqa: PLC0415 - the package is read without torch

    from ffnn_lab.seeds import torch_seed  # noqa: PLC0415 - which loads numpy

    rng = torch.Generator().manual_seed(torch_seed(seed, "init", layer, int(is_bias)))
    drawn = Layer(fan_in, fan_out, shape or ((fan_out,) if is_bias else (fan_out, fan_in)))
    return config.gain * INITIALIZERS[config.name].draw(config, drawn, rng)


__all__ = ["INITIALIZERS", "Initializer", "Layer", "initialize"]
