"""Adam, for a whole population at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.look import Look
from ffnn_lab.optimizers.option import Optimizer
from ffnn_lab.optimizers.update import per_member
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@dataclass(kw_only=True)
class AdamConfig(OptimizerConfig):
    """Adam: steps along a mean of gradients, divided by the root of a mean of squared gradients.

    Both means are running means, in which earlier gradients count less and less.
    """

    beta1: float = ranged("[0, 1)")
    """Fraction of the running mean of gradients that each update keeps."""
    beta2: float = ranged("[0, 1)")
    """Fraction of the running mean of squared gradients that each update keeps."""
    eps: float = ranged("(0, inf)")
    """Number that is added to the root in the denominator."""


def adam_start(params: Tensor) -> dict[str, Tensor]:
    """Return the state before the first step: running means of 0, and powers of the betas, 1."""
    ones = params.new_ones(params.shape[0]).double()
    return {
        "mean": params.new_zeros(params.shape),
        "mean_square": params.new_zeros(params.shape),
        "power1": ones,
        "power2": ones.clone(),
    }


def adam_step_(
    params: Tensor,
    grads: Tensor,
    state: Mapping[str, Tensor],
    *,
    lr: Tensor,
    beta1: Tensor,
    beta2: Tensor,
    eps: Tensor,
) -> None:
    """Change the parameters and the state of every member by one step ``t``, in place.

    For each member ``m``, with parameters ``w``, gradient ``g``, running means ``a`` of gradients
    and ``s`` of their squares::

        a <- beta1[m] * a + (1 - beta1[m]) * g
        s <- beta2[m] * s + (1 - beta2[m]) * g * g
        c <- sqrt(1 - beta2[m]^t)
        w <- w - lr[m] * c / (1 - beta1[m]^t) * a / (sqrt(s) + eps[m] * c)

    This is standard Adam. To divide each number once, since divisions are most of what an update
    costs, both bias corrections are applied to scalars; ``eps`` is corrected as well, so that it
    keeps its meaning. Wilson et al. (2017), Table 1, print a form that feeds the bias-corrected
    mean square back into itself; that form is not implemented.

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, ``(M, n)``.
        state: ``mean`` and ``mean_square``, shaped like ``params``; ``power1`` and ``power2``,
            ``beta1^t`` and ``beta2^t``, ``(M,)`` in float64 (running products: a power
            function need not round alike everywhere in a vector).
        lr: The step length per update, ``(M,)``, positive.
        beta1: The fraction of ``a`` kept, ``(M,)``, in [0, 1).
        beta2: The fraction of ``s`` kept, ``(M,)``, in [0, 1).
        eps: Number that is added to the root, ``(M,)``, positive.

    Raises:
        ValueError: If a hyperparameter is not one number per member.

    Source:
        Kingma and Ba (2015), Algorithm 1, and the end of section 2 for the order of the
        operations.
    """
    w, a, s = params, state["mean"], state["mean_square"]
    power1, power2 = state["power1"], state["power2"]
    power1.mul_(per_member(beta1, power1))
    power2.mul_(per_member(beta2, power2))
    correction = (1 - power2).sqrt()
    length = (per_member(lr, power1) * correction / (1 - power1)).to(lr.dtype)
    floor = (per_member(eps, power2) * correction).to(eps.dtype)
    kept1, kept2 = per_member(beta1, w), per_member(beta2, w)
    a.mul_(kept1).add_((1 - kept1) * grads)
    s.mul_(kept2).add_(((1 - kept2) * grads).mul_(grads))
    w.sub_((per_member(length, w) * a).div_(s.sqrt().add_(per_member(floor, w))))


register(
    Optimizer(
        name="adam",
        order=5,
        config=AdamConfig,
        start=adam_start,
        step_=adam_step_,
        family="adaptive",
        look=Look("#D55E00", (0, (3, 1, 1, 1)), "P"),
    )
)
