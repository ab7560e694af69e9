"""AdaGrad, for a whole population at once."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def adagrad_start(params: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Start with a sum of squares of zero."""
    return {"sum_squares": [torch.zeros_like(w) for w in params]}


@torch.no_grad()
def adagrad_step_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    state: Mapping[str, list[Tensor]],
    *,
    lr: Tensor,
    eps: Tensor,
) -> None:
    """Take one step, in place, for every member.

    For each member ``m``::

        s <- s + g * g
        w <- w - lr[m] * g / (sqrt(s) + eps[m])

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``sum_squares``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        eps: Added to the root, ``(M,)``, positive.

    Raises:
        ValueError: If a hyperparameter is not one number per member.

    Source:
        Duchi, Hazan and Singer (2011), the diagonal form; as ``torch.optim.Adagrad`` without
        its own decay of ``lr``.
    """
    for w, g, s in zip(params, grads, state["sum_squares"], strict=True):
        s.add_(g * g)
        w.sub_(per_member(lr, w) * g / (s.sqrt() + per_member(eps, w)))
