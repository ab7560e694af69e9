"""The interface of an activation: its value, its slope, and its module of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.registry import Option, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Activation(Option):
    """An activation: the function of a hidden unit's weighted sum of inputs."""

    kind: ClassVar[str] = "activation"
    value: Callable[[Tensor], Tensor]
    """The activation of each number."""
    slope: Callable[[Tensor, Tensor, Tensor], Tensor]
    """Returns the loss's derivative in the argument, from its derivative in the value, the
    argument and the value: what autograd would compute for ``value``."""
    module: str = ""
    """The name of the module of ``torch.nn`` that computes it; empty if there is none, and a
    network has ``networks.activated.Activated`` in its place."""
    keeps_zero: bool = True
    """True if 0 is mapped to 0; if not, padded units are masked."""


ACTIVATIONS = View(Activation)
"""All activations, by name."""
