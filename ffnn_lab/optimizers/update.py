"""What all methods share: broadcasting per member, and weight decay.

Only operations that IEEE arithmetic rounds exactly (``+ - * /`` and the square root, one at a
time) act on parameters: fused forms round differently in the vector body and the scalar tail
of a loop, and a member's numbers would depend on its place in the population.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def per_member(value: Tensor, like: Tensor) -> Tensor:
    """View ``(M,)`` so that it broadcasts over ``(M, ...)``.

    Raises:
        ValueError: If ``value`` is not one number per member.
    """
    n_members = like.shape[0]
    if value.shape != (n_members,):
        msg = f"expected ({n_members},), one per member; got {tuple(value.shape)}"
        raise ValueError(msg)
    return value.view(n_members, *[1] * (like.ndim - 1))


@torch.no_grad()
def update_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    *,
    lr: Tensor,
    coupled: Tensor | None,
    decoupled: Tensor | None,
) -> list[Tensor]:
    """Apply weight decay before a method's step.

    Args:
        params: ``(M, ...)`` each; changed in place by decoupled decay,
            ``w <- (1 - lr * decoupled) * w``.
        grads: The gradient of each member's own mean loss, shaped like ``params``.
        lr: The step length in force, ``(M,)``.
        coupled: L2 coefficient, ``(M,)``, 0 for members without; None if nobody has any.
        decoupled: Likewise for decoupled decay.

    Returns:
        The gradients for the step: ``g + coupled * w``.

    Source:
        Loshchilov and Hutter (2019), "Decoupled weight decay regularization", Algorithm 2;
        decay is multiplied by the learning rate in force, as torch.optim.AdamW does.
    """
    used = list(grads)
    if coupled is not None:
        used = [g + per_member(coupled, w) * w for w, g in zip(params, used, strict=True)]
    if decoupled is not None:
        for w in params:
            w.mul_(per_member(1 - lr * decoupled, w))
    return used
