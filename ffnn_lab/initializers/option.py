"""The interface of an initializer: its config class, how it draws, whether it serves a bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Layer:
    """The sizes of the tensor that an initializer draws."""

    fan_in: int
    """Inputs of the layer, without padding."""
    fan_out: int
    """Outputs of the layer, without padding."""
    shape: tuple[int, ...]
    """``(fan_out, fan_in)`` of a weight, ``(fan_out,)`` of a bias."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Initializer(Choice):
    """An initializer of weights, and of biases if it serves them."""

    kind: ClassVar[str] = "initializer"
    draw: Callable[[Any, Layer, torch.Generator], Tensor]
    """Returns float64 numbers of the layer's shape, without the gain, by config, layer and rng."""
    serves_bias: bool = False
    """True if it makes sense for a vector: a bias has no fan-out and cannot be orthogonal."""
    is_zero: bool = False
    """True if every entry that it draws is 0."""


INITIALIZERS = View(Initializer)
"""All initializers, by name."""
