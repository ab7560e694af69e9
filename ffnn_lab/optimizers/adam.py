"""Adam, for a whole population at once; AdamW is Adam with decoupled decay."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ffnn_lab.optimizers.update import per_member


def adam_start(params: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Start with running means of zero; the powers of the decays are those after no step."""
    ones = params[0].new_ones(params[0].shape[0], dtype=torch.float64)
    return {
        "mean": [torch.zeros_like(w) for w in params],
        "mean_square": [torch.zeros_like(w) for w in params],
        "decay_powers": [ones, ones.clone()],
    }


@torch.no_grad()
def adam_step_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    state: Mapping[str, list[Tensor]],
    *,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    eps: Tensor,
) -> None:
    """Take one step ``t``, in place, for every member.

    For each member ``m``::

        a <- beta1[m] * a + (1 - beta1[m]) * g
        s <- beta2[m] * s + (1 - beta2[m]) * g * g
        w <- w - lr[m] / (1 - beta1[m]^t) * a / (sqrt(s / (1 - beta2[m]^t)) + eps[m])

    This is standard Adam. Wilson et al. (2017), Table 1, print a form that feeds the
    bias-corrected mean square back into itself; it is not implemented.

    Args:
        params: The weights and biases, each ``(M, ...)``.
        grads: The gradient of each member's own mean loss over its batch, shaped likewise.
        state: ``mean`` and ``mean_square``, shaped like ``params``, and ``decay_powers``,
            ``beta1^t`` and ``beta2^t``, ``(M,)`` in float64 (running products: a power
            function need not round alike everywhere in a vector).
        lr: The step length per update, ``(M,)``, positive.
        beta1: The fraction of ``a`` kept, ``(M,)``, in [0, 1).
        beta2: The fraction of ``s`` kept, ``(M,)``, in [0, 1).
        eps: Added to the root, ``(M,)``, positive.

    Raises:
        ValueError: If a hyperparameter is not one number per member.

    Source:
        Kingma and Ba (2015), Algorithm 1.
    """
    power1, power2 = state["decay_powers"]
    power1.mul_(per_member(beta1, power1))
    power2.mul_(per_member(beta2, power2))
    length = (per_member(lr, power1) / (1 - power1)).to(lr.dtype)
    correction = (1 - power2).sqrt().to(lr.dtype)
    for w, g, a, s in zip(params, grads, state["mean"], state["mean_square"], strict=True):
        kept1, kept2 = per_member(beta1, w), per_member(beta2, w)
        a.mul_(kept1).add_((1 - kept1) * g)
        s.mul_(kept2).add_(((1 - kept2) * g).mul_(g))
        root = s.sqrt().div_(per_member(correction, w)).add_(per_member(eps, w))
        w.sub_((per_member(length, w) * a).div_(root))
