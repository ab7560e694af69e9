"""Schemes that do not depend on a layer's size: zeros, constant, uniform, normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.initializer import InitializerConfig, SchemeConfig
from ffnn_lab.initializers.base import base_normal, base_uniform
from ffnn_lab.initializers.option import Initializer, Layer
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import torch
    from torch import Tensor

    Draw = Callable[[Any, Layer, torch.Generator], Tensor]


@dataclass(kw_only=True)
class ConstantConfig(InitializerConfig):
    """Config of the scheme with the same value in every entry."""

    value: float = ranged("(-inf, inf)")
    """Value of every entry, before the gain multiplies it."""


@dataclass(kw_only=True)
class UniformConfig(InitializerConfig):
    """Config of the scheme that is uniform on ``[-limit, limit]``, whatever the layer's size."""

    limit: float = ranged("[0, inf)")
    """Largest absolute value, before the gain multiplies it."""


@dataclass(kw_only=True)
class NormalConfig(InitializerConfig):
    """Config of the scheme that is normal with mean 0, whatever the layer's size."""

    std: float = ranged("[0, inf)")
    """Standard deviation, before the gain multiplies it."""


def zeros(_config: InitializerConfig, layer: Layer, _rng: torch.Generator) -> Tensor:
    """Return zeros; if weights and biases are both zero, hidden layers never learn."""
    import torch  # noqa: PLC0415 - the file is read without torch

    return torch.zeros(layer.shape, dtype=torch.float64)


def constant(config: ConstantConfig, layer: Layer, _rng: torch.Generator) -> Tensor:
    """Return ``value`` in every entry, with which all hidden units of a layer stay alike."""
    import torch  # noqa: PLC0415 - the file is read without torch

    return torch.full(layer.shape, config.value, dtype=torch.float64)


def uniform(config: UniformConfig, layer: Layer, rng: torch.Generator) -> Tensor:
    """Draw uniformly from ``[-limit, limit]``."""
    return config.limit * base_uniform(layer.shape, rng)


def normal(config: NormalConfig, layer: Layer, rng: torch.Generator) -> Tensor:
    """Draw normal numbers with mean 0 and standard deviation ``std``."""
    return config.std * base_normal(layer.shape, rng)


def _register(name: str, order: int, config: type[InitializerConfig], draw: Draw) -> None:
    register(Initializer(name=name, order=order, config=config, draw=draw, serves_bias=True))


register(
    Initializer(
        name="zeros", order=0, config=SchemeConfig, draw=zeros, serves_bias=True, is_zero=True
    )
)
_register("constant", 1, ConstantConfig, constant)
_register("uniform", 2, UniformConfig, uniform)
_register("normal", 3, NormalConfig, normal)
