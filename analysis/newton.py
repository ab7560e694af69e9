"""The activation of docs/extending.md with a backward of its own, called ``newton``.

Its value is the solution y of ``y + y^3 = x``, and its derivative is ``1 / (1 + 3 y^2)``.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ffnn_lab.options import Activation, register


def solution(x: Tensor) -> Tensor:
    """Solve ``y + y^3 = x`` for each number by eight iterations of Newton's method."""
    y = x.sign() * x.abs() ** (1 / 3)
    for _ in range(8):
        y = (2 * y**3 + x) / (3 * y**2 + 1)
    return y


class Solution(torch.autograd.Function):
    """The function `solution`, with a derivative that does not go back through its iterations."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        """Compute the solution, and save it for the backward."""
        y = solution(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        """Multiply the derivative that comes in by that of the solution."""
        (y,) = ctx.saved_tensors
        found: Tensor = slope / (1 + 3 * y**2)
        return found


def with_backward(backward: Callable[[Tensor, Tensor], Any]) -> type[Solution]:
    """Return the function with another backward.

    Args:
        backward: Function of the solution, and of the derivative that comes in.
    """

    def of_context(ctx: Any, slope: Tensor) -> Any:  # noqa: ANN401 - torch's own
        (y,) = ctx.saved_tensors
        return backward(y, slope)

    class Changed(Solution):
        backward = staticmethod(of_context)

    Changed.__name__ = Solution.__name__
    return Changed


NEWTON = Activation.of_function(name="newton", function=Solution)


def register_newton() -> None:
    """Make the activation known by its name, for a script that trains no sweep."""
    register(NEWTON)
