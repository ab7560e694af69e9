"""The rectified linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.activations.option import Activation
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import Tensor


def value(x: Tensor) -> Tensor:
    """Compute ``max(x, 0)`` of each number."""
    return x.relu()


def slope(slope: Tensor, _before: Tensor, active: Tensor) -> Tensor:
    """Compute the derivative of the loss in ``x`` from its derivative in the activation of ``x``.

    See `Activation.slope` for the arguments.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    result: Tensor = torch.ops.aten.threshold_backward(slope, active, 0)
    return result


register(
    Activation(
        name="relu",
        order=0,
        value=value,
        slope=slope,
        module="ReLU",
        can_die=True,
    )
)
