"""Functions that all optimizers share: broadcasting per member, and weight decay.

Only operations that IEEE arithmetic rounds exactly (``+ - * /`` and the square root, one at a
time) act on parameters. Fused operations round differently in the vectorized body and the scalar
tail of a loop, so that a member's numbers would depend on its place in the population.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def per_member(value: Tensor, like: Tensor) -> Tensor:
    """Return a view of one number per member that broadcasts over the members' tensors.

    Args:
        value: One number for each member, ``(M,)``.
        like: A tensor of the members, ``(M, ...)``.

    Returns:
        A view of ``value``, ``(M, 1, ...)``, with as many axes as ``like``.

    Raises:
        ValueError: If ``value`` is not one number per member.
    """
    n_members = like.shape[0]
    if value.shape != (n_members,):
        msg = f"expected ({n_members},), one per member; got {tuple(value.shape)}"
        raise ValueError(msg)
    return value.view(n_members, *[1] * (like.ndim - 1))


def decay_(
    params: Tensor, grads: Tensor, *, lr: Tensor, coupled: Tensor, decoupled: Tensor
) -> Tensor:
    """Apply weight decay before an optimizer's step.

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``; changed in place by decoupled
            decay, ``w <- (1 - lr * decoupled) * w``.
        grads: The gradient of each member's own mean loss, shaped like ``params``.
        lr: The step length in force, ``(M,)``.
        coupled: Coefficient of coupled (L2) decay, ``(M,)``, 0 for members without.
        decoupled: Coefficient of decoupled decay, ``(M,)``, 0 for members without.

    Returns:
        The gradients for the step: ``g + coupled * w``.

    Source:
        Loshchilov and Hutter (2019), "Decoupled weight decay regularization", Algorithm 2;
        decay is multiplied by the learning rate in force, as torch.optim.AdamW does.
    """
    used = grads + per_member(coupled, params) * params
    params.mul_(per_member(1 - lr * decoupled, params))
    return used
