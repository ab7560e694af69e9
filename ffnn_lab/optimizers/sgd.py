"""Gradient descent, for a whole population at once."""

from collections.abc import Mapping

from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def sgd_start(_params: Tensor) -> dict[str, Tensor]:
    """Plain gradient descent remembers nothing."""
    return {}


def sgd_step_(
    params: Tensor,
    grads: Tensor,
    _state: Mapping[str, Tensor],
    *,
    lr: Tensor,
) -> None:
    """Take one step, in place, for every member ``m``: ``w <- w - lr[m] * g``.

    Args:
        params: Weights and biases, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        lr: The step length per update, ``(M,)``, positive.

    Raises:
        ValueError: If ``lr`` is not one number per member.

    Source:
        Robbins and Monro (1951).
    """
    params.sub_(per_member(lr, params) * grads)
