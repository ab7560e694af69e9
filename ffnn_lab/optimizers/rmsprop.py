"""RMSProp, for a whole population at once."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def rmsprop_start(params: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Start with a running mean of squares of zero."""
    return {"mean_square": [torch.zeros_like(w) for w in params]}


@torch.no_grad()
def rmsprop_step_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    state: Mapping[str, list[Tensor]],
    *,
    lr: Tensor,
    rho: Tensor,
    eps: Tensor,
) -> None:
    """Take one step, in place, for every member.

    For each member ``m``::

        s <- rho[m] * s + (1 - rho[m]) * g * g
        w <- w - lr[m] * g / (sqrt(s) + eps[m])

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``mean_square``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        rho: The fraction of the running mean kept, ``(M,)``, in [0, 1).
        eps: Added to the root, ``(M,)``, positive.

    Raises:
        ValueError: If a hyperparameter is not one number per member.

    Source:
        Tieleman and Hinton (2012), lecture 6.5; as ``torch.optim.RMSprop`` without momentum
        (``rho`` is its ``alpha``).
    """
    for w, g, s in zip(params, grads, state["mean_square"], strict=True):
        kept = per_member(rho, w)
        s.mul_(kept).add_((1 - kept) * g * g)
        w.sub_(per_member(lr, w) * g / (s.sqrt() + per_member(eps, w)))
