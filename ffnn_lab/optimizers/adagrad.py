"""AdaGrad, for a whole population at once."""

from collections.abc import Mapping

from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def adagrad_start(params: Tensor) -> dict[str, Tensor]:
    """Start with a sum of squares of zero."""
    return {"sum_squares": params.new_zeros(params.shape)}


def adagrad_step_(
    params: Tensor,
    grads: Tensor,
    state: Mapping[str, Tensor],
    *,
    lr: Tensor,
    eps: Tensor,
) -> None:
    """Take one step, in place, for every member.

    For each member ``m``::

        s <- s + g * g
        w <- w - lr[m] * g / (sqrt(s) + eps[m])

    Args:
        params: Weights and biases, ``(M, n)``.
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
    w, s = params, state["sum_squares"]
    s.add_(grads * grads)
    w.sub_(per_member(lr, w) * grads / (s.sqrt() + per_member(eps, w)))
