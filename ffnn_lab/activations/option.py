"""The interface of an activation: its value, its derivative, and its module in ``torch.nn``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.registry import Option, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Activation(Option):
    """An activation: the function that is applied to a hidden unit's weighted sum of inputs."""

    kind: ClassVar[str] = "activation"
    value: Callable[[Tensor], Tensor]
    """Function that computes the activation of each number of a tensor."""
    slope: Callable[[Tensor, Tensor, Tensor], Tensor]
    """Function of (the loss's derivative in the activation, the argument, the activation) that
    returns the loss's derivative in the argument, as autograd would compute it from ``value``. All
    are tensors of one shape."""
    module: str = ""
    """Name of the class in ``torch.nn`` that computes the activation; empty if there is none, so
    that networks use ``networks.activated.Activated``."""
    keeps_zero: bool = True
    """True if the activation of 0 is 0; if not, the units of padding are masked."""


ACTIVATIONS = View(Activation)
"""All activations, by name."""
