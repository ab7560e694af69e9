"""Forward and backward of a ``torch.autograd.Function``, called by hand, without a graph.

Importing this file imports no torch, as all files of activations.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    Function = type[torch.autograd.Function]


class Context:
    """The context that a function's forward and backward get in place of autograd's.

    A function may save tensors by `save_for_backward` and anything else as an attribute.
    """

    needs_input_grad = (True,)
    """True for each input whose derivative is asked for: here, the argument."""
    saved_tensors: tuple[Tensor | None, ...] = ()
    """The tensors that the forward saved."""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for the backward, in place of those that were kept before."""
        self.saved_tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:  # noqa: FBT001 - torch's own
        """Do nothing: the derivative that the backward gets is always a tensor."""


def check_function(function: object) -> None:
    """Check that a class is an autograd function of one tensor, with a backward of its own.

    Raises:
        TypeError: If it is not; the message says what is missing.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    base = torch.autograd.Function
    if not isinstance(function, type) or not issubclass(function, base):
        msg = f"function must be a subclass of torch.autograd.Function, got {function!r}"
        raise TypeError(msg)
    for name in ("forward", "backward"):
        if getattr(function, name) is getattr(base, name):
            msg = f"{function.__name__} must have a static method {name}"
            raise TypeError(msg)
    expected = ("x",) if _has_setup(function) else ("ctx", "x")
    taken = list(inspect.signature(function.forward).parameters)
    if len(taken) != len(expected):
        msg = (
            f"{function.__name__}.forward must take ({', '.join(expected)}), one tensor; it takes "
            f"({', '.join(taken)})"
        )
        raise TypeError(msg)


def forward_of(function: Function, before: Tensor) -> Tensor:
    """Compute the activation of each number by a function's forward.

    Args:
        function: The class, see `check_function`.
        before: The argument, of any shape.
    """
    return _forward(function, before)[0]


def backward_of(function: Function, slope: Tensor, before: Tensor, _active: Tensor) -> Tensor:
    """Compute the derivative of the loss in the argument by a function's backward.

    Args:
        function: The class, see `check_function`.
        slope: The derivative of the loss in the activation.
        before: The argument, shaped like ``slope``.
    """
    context = _forward(function, before)[1]
    found = function.backward(context, slope)
    result: Tensor = found[0] if isinstance(found, tuple) else found  # autograd takes both, too
    return result


def _forward(function: Function, before: Tensor) -> tuple[Tensor, Context]:
    """Call a function's forward, and return the activation and the context that it filled."""
    context = Context()
    if not _has_setup(function):
        active: Tensor = function.forward(context, before)
        return active, context
    active = function.forward(before)
    function.setup_context(context, (before,), active)
    return active, context


def _has_setup(function: Function) -> bool:
    """Return True if a function fills its context in ``setup_context``, and not in its forward."""
    import torch  # noqa: PLC0415 - as above

    return function.setup_context is not torch.autograd.Function.setup_context
