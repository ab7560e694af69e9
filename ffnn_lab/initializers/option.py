"""The interface of an initializer: its config class, and the function that draws."""

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
    """The sizes of the weight or bias that an initializer draws."""

    fan_in: int
    """Number of inputs of a unit of the layer, without padding."""
    fan_out: int
    """Number of outputs of the layer, without padding."""
    shape: tuple[int, ...]
    """Shape to draw: as a rule ``(fan_out, fan_in)`` of a weight, ``(fan_out,)`` of a bias."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Initializer(Choice):
    """A scheme for initial weights, and for initial biases if ``serves_bias``."""

    kind: ClassVar[str] = "initializer"
    draw: Callable[[Any, Layer, torch.Generator], Tensor]
    """Function of (the initializer's config, the layer, a random generator) that returns float64
    numbers of the layer's shape, before the gain multiplies them."""
    serves_bias: bool = False
    """True if the scheme can draw a bias: a vector, which has no fan-out and cannot be
    orthogonal."""
    is_zero: bool = False
    """True if every number that the scheme draws is 0."""


INITIALIZERS = View(Initializer)
"""All initializers, by name."""
