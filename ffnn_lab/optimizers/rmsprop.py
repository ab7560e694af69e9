"""RMSProp, for a whole population at once."""

from collections.abc import Mapping

from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def rmsprop_start(params: Tensor) -> dict[str, Tensor]:
    """Start with a running mean of squares of zero."""
    return {"mean_square": params.new_zeros(params.shape)}


def rmsprop_step_(
    params: Tensor,
    grads: Tensor,
    state: Mapping[str, Tensor],
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
        params: Weights and biases, ``(M, n)``.
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
    w, s, kept = params, state["mean_square"], per_member(rho, params)
    s.mul_(kept).add_((1 - kept) * grads * grads)
    w.sub_(per_member(lr, w) * grads / (s.sqrt() + per_member(eps, w)))
