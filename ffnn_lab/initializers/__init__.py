"""Initializers: one base draw per seed and layer, scaled by each scheme."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig
from ffnn_lab.initializers.fixed import constant, normal, uniform, zeros
from ffnn_lab.initializers.orthogonal import orthogonal
from ffnn_lab.initializers.scaled import scaled_normal, scaled_uniform
from ffnn_lab.seeds import torch_seed

Draw = Callable[[InitializerConfig, int, int, tuple[int, ...], torch.Generator], Tensor]
"""(config, fan_in, fan_out, shape, rng) to float64 numbers of that shape, gain left out."""

SCHEMES: dict[str, Draw] = {
    "zeros": zeros,
    "constant": constant,
    "uniform": uniform,
    "normal": normal,
    "lecun_uniform": scaled_uniform(lambda fan_in, _: math.sqrt(1 / fan_in)),
    "lecun_normal": scaled_normal(lambda fan_in, _: math.sqrt(1 / fan_in)),
    "glorot_uniform": scaled_uniform(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    "glorot_normal": scaled_normal(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
    "he_uniform": scaled_uniform(lambda fan_in, _: math.sqrt(2 / fan_in)),
    "he_normal": scaled_normal(lambda fan_in, _: math.sqrt(2 / fan_in)),
    "orthogonal": orthogonal,
    # nn.Linear draws from U(+-1/sqrt(fan_in)), whose variance is a third of 1/fan_in.
    "torch": scaled_uniform(lambda fan_in, _: math.sqrt(1 / (3 * fan_in))),
}


def initialize(
    config: InitializerConfig, *, seed: int, layer: int, fan_in: int, fan_out: int, is_bias: bool
) -> Tensor:
    """Draw the start of one layer of one member, in float64.

    The base draw depends on the seed, the layer and the family (uniform, normal) alone: two
    schemes of one family, or two gains, differ by a factor only.

    Args:
        config: Scheme and gain.
        seed: The run's seed.
        layer: Which layer, from 0.
        fan_in: Inputs of the layer, without padding.
        fan_out: Outputs of the layer, without padding.
        is_bias: Whether to draw the bias ``(fan_out,)`` or the weight ``(fan_out, fan_in)``.
    """
    rng = torch.Generator().manual_seed(torch_seed(seed, "init", layer, int(is_bias)))
    shape = (fan_out,) if is_bias else (fan_out, fan_in)
    return config.gain * SCHEMES[config.name](config, fan_in, fan_out, shape, rng)


__all__ = ["SCHEMES", "initialize"]
