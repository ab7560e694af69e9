"""Gradient descent with heavy-ball momentum, for a whole population at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.look import Look
from ffnn_lab.optimizers.option import Optimizer
from ffnn_lab.optimizers.update import per_member
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@dataclass(kw_only=True)
class HeavyBallConfig(OptimizerConfig):
    """Gradient descent with heavy-ball momentum."""

    momentum: float = ranged("[0, 1)")
    """Fraction of the velocity that each update keeps."""


def velocity_start(params: Tensor) -> dict[str, Tensor]:
    """Return the state before the first step: a velocity of zeros."""
    return {"velocity": params.new_zeros(params.shape)}


def heavy_ball_step_(
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
        w <- w - lr[m] * v

    The learning rate multiplies ``v``, as in ``torch.optim.SGD``, whereas in the paper it
    multiplies ``g``. Both forms are the same while ``lr`` is constant, but not under a schedule.

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, ``(M, n)``.
        state: ``velocity``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        momentum: The fraction of ``v`` kept, ``(M,)``, in [0, 1).

    Raises:
        ValueError: If ``lr`` or ``momentum`` is not one number per member.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl and Hinton (2013), Eqs. 1-2.
    """
    w, v = params, state["velocity"]
    v.mul_(per_member(momentum, w)).add_(grads)
    w.sub_(per_member(lr, w) * v)


register(
    Optimizer(
        name="heavy_ball",
        order=1,
        config=HeavyBallConfig,
        start=velocity_start,
        step_=heavy_ball_step_,
        family="plain",
        look=Look("#0072B2", "--", "s"),
    )
)
