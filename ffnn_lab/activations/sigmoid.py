"""The logistic sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.activations.option import Activation
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import Tensor


def value(x: Tensor) -> Tensor:
    """Compute ``1 / (1 + exp(-x))`` of each number."""
    return x.sigmoid()


def slope(slope: Tensor, _before: Tensor, active: Tensor) -> Tensor:
    """Compute the derivative of the loss in ``x`` from its derivative in the activation of ``x``.

    See `Activation.slope` for the arguments.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    result: Tensor = torch.ops.aten.sigmoid_backward(slope, active)
    return result


register(
    Activation(
        name="sigmoid",
        order=2,
        value=value,
        slope=slope,
        module="Sigmoid",
        saturates_at=(0.025, 0.975),  # the same share of the range as for tanh
        keeps_zero=False,
    )
)
