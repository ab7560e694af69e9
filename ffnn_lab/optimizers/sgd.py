"""Gradient descent, for a whole population at once."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def sgd_start(_params: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Plain gradient descent remembers nothing."""
    return {}


@torch.no_grad()
def sgd_step_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    _state: Mapping[str, list[Tensor]],
    *,
    lr: Tensor,
) -> None:
    """Take one step, in place, for every member ``m``: ``w <- w - lr[m] * g``.

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        lr: The step length per update, ``(M,)``, positive.

    Raises:
        ValueError: If ``lr`` is not one number per member.

    Source:
        Robbins and Monro (1951).
    """
    for w, g in zip(params, grads, strict=True):
        w.sub_(per_member(lr, w) * g)
