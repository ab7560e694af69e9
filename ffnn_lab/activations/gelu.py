"""The Gaussian error linear unit.

Source:
    Hendrycks and Gimpel (2016), without their approximation by tanh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.activations.option import Activation
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import Tensor


def value(x: Tensor) -> Tensor:
    """Compute ``x Phi(x)`` of each number, with ``Phi`` the normal distribution function."""
    from torch.nn import functional  # noqa: PLC0415 - the file is read without torch

    return functional.gelu(x)


def slope(slope: Tensor, before: Tensor, _active: Tensor) -> Tensor:
    """Compute the derivative of the loss in ``x`` from its derivative in the activation of ``x``.

    See `Activation.slope` for the arguments.
    """
    import torch  # noqa: PLC0415 - the file is read without torch

    result: Tensor = torch.ops.aten.gelu_backward(slope, before)
    return result


register(
    Activation(
        name="gelu",
        order=3,
        value=value,
        slope=slope,
        module="GELU",
    )
)
