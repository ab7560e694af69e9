"""Gradient descent with Nesterov momentum, for a whole population at once."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


@torch.no_grad()
def nesterov_step_(
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
        w <- w - lr[m] * (g + momentum[m] * v)

    This is the form of ``torch.optim.SGD(nesterov=True)``: the gradient is taken at the
    point looked ahead to, which is what is stored, where the paper stores the point before.

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``velocity``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        momentum: The fraction of ``v`` kept, ``(M,)``, in [0, 1).

    Raises:
        ValueError: If ``lr`` or ``momentum`` is not one number per member.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl and Hinton (2013), Eqs. 3-4.
    """
    for w, g, v in zip(params, grads, state["velocity"], strict=True):
        kept = per_member(momentum, w)
        v.mul_(kept).add_(g)
        w.sub_(per_member(lr, w) * (g + kept * v))
