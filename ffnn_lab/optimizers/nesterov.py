"""Gradient descent with Nesterov momentum, for a whole population at once."""

from collections.abc import Mapping

from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def nesterov_step_(
    params: Tensor,
    grads: Tensor,
    state: Mapping[str, Tensor],
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
        params: Weights and biases, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``velocity``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        momentum: The fraction of ``v`` kept, ``(M,)``, in [0, 1).

    Raises:
        ValueError: If ``lr`` or ``momentum`` is not one number per member.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl and Hinton (2013), Eqs. 3-4.
    """
    w, v, kept = params, state["velocity"], per_member(momentum, params)
    v.mul_(kept).add_(grads)
    w.sub_(per_member(lr, w) * (grads + kept * v))
