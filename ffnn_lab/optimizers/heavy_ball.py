"""Gradient descent with heavy-ball momentum, for a whole population at once."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def velocity_start(params: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Start at rest: a velocity of zeros."""
    return {"velocity": [torch.zeros_like(w) for w in params]}


@torch.no_grad()
def heavy_ball_step_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    state: Mapping[str, list[Tensor]],
    *,
    lr: Tensor,
    momentum: Tensor,
) -> None:
    """Take one step, in place, for every member.

    For each member ``m``::

        v <- momentum[m] * v + g
        w <- w - lr[m] * v

    The learning rate multiplies ``v`` as in ``torch.optim.SGD``, where the paper multiplies
    ``g``: the same while ``lr`` is constant, different under a schedule.

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``velocity``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        momentum: The fraction of ``v`` kept, ``(M,)``, in [0, 1).

    Raises:
        ValueError: If ``lr`` or ``momentum`` is not one number per member.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl and Hinton (2013), Eqs. 1-2.
    """
    for w, g, v in zip(params, grads, state["velocity"], strict=True):
        v.mul_(per_member(momentum, w)).add_(g)
        w.sub_(per_member(lr, w) * v)
