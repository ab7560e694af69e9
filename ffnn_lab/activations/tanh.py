"""The hyperbolic tangent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.activations.option import Activation
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import Tensor


def value(x: Tensor) -> Tensor:
    """Compute ``tanh(x)`` of each number."""
    return x.tanh()


def slope(slope: Tensor, _before: Tensor, active: Tensor) -> Tensor:
    """Compute the derivative of the loss in ``x`` from its derivative in the activation of ``x``.

    See `Activation.slope` for the arguments.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    result: Tensor = torch.ops.aten.tanh_backward(slope, active)
    return result


register(
    Activation(
        name="tanh",
        order=1,
        value=value,
        slope=slope,
        module="Tanh",
        saturates_at=(-0.95, 0.95),
    )
)
