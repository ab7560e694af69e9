"""The interface of an activation: its value, its derivative, and its module in ``torch.nn``."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.activations.by_hand import backward_of, check_function, forward_of
from ffnn_lab.registry import Option, View

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
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
    saturates_at: tuple[float, float] | None = None
    """The two values at or beyond which a unit counts as saturated, in diagnostics; None if the
    activation does not saturate on both sides."""
    can_die: bool = False
    """True if a unit whose activation is never positive gets no gradient, as a ReLU."""
    keeps_zero: bool = True
    """True if the activation of 0 is 0; if not, the units of padding are masked."""
    function: type[torch.autograd.Function] | None = None
    """Class whose forward and backward ``value`` and ``slope`` call, see `of_function`; None if
    they are functions of their own."""

    @classmethod
    def of_function(
        cls,
        *,
        name: str,
        function: type[torch.autograd.Function],
        saturates_at: tuple[float, float] | None = None,
        can_die: bool = False,
        keeps_zero: bool = True,
    ) -> Activation:
        """Return an activation with the forward and the backward of an autograd function.

        Networks call both by hand, without autograd's graph. So one class serves the MLP, whose
        derivatives are hand-written, compiled steps, modules and ``vmap``. The forward is computed
        again in the backward pass, since a network keeps only the argument and the activation.

        Args:
            name: The name by which users choose the activation.
            function: A subclass of ``torch.autograd.Function``, of one tensor, with a backward of
                its own, and with or without ``setup_context``.
            saturates_at: See `saturates_at`.
            can_die: See `can_die`.
            keeps_zero: See `keeps_zero`.

        Raises:
            TypeError: If ``function`` is no such class.
        """
        check_function(function)
        return cls(
            name=name,
            value=functools.partial(forward_of, function),
            slope=functools.partial(backward_of, function),
            saturates_at=saturates_at,
            can_die=can_die,
            keeps_zero=keeps_zero,
            function=function,
        )


ACTIVATIONS = View(Activation)
"""All activations, by name."""
