"""Gradient descent with Nesterov momentum, for a whole population at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.look import Look
from ffnn_lab.optimizers.heavy_ball import velocity_start
from ffnn_lab.optimizers.option import Optimizer
from ffnn_lab.optimizers.update import per_member
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@dataclass(kw_only=True)
class NesterovConfig(OptimizerConfig):
    """Gradient descent with Nesterov momentum."""

    momentum: float = ranged("[0, 1)")
    """Fraction of the velocity that each update keeps."""


def nesterov_step_(
    params: Tensor,
    grads: Tensor,
    state: Mapping[str, Tensor],
    *,
    lr: Tensor,
    momentum: Tensor,
) -> None:
    """Change the parameters and the state of every member by one step, in place.

    For each member ``m``, with parameters ``w``, gradient ``g`` and velocity ``v``::

        v <- momentum[m] * v + g
        w <- w - lr[m] * (g + momentum[m] * v)

    This is the form of ``torch.optim.SGD(nesterov=True)``: the stored parameters are the
    look-ahead point, at which the gradient is taken; the paper stores the point before the
    look-ahead.

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, ``(M, n)``.
        state: ``velocity``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        momentum: The fraction of ``v`` kept, ``(M,)``, in [0, 1).

    Raises:
        ValueError: If ``lr`` or ``momentum`` is not one number per member.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl and Hinton (2013), Eqs. 3-4.
    """
    w, v, kept = params, state["velocity"], per_member(momentum, params)
    v.mul_(kept).add_(grads)
    w.sub_(per_member(lr, w) * (grads + kept * v))


register(
    Optimizer(
        name="nesterov",
        order=2,
        config=NesterovConfig,
        start=velocity_start,
        step_=nesterov_step_,
        look=Look("#56B4E9", "-.", "D"),
    )
)
