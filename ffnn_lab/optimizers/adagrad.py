"""AdaGrad, for a whole population at once."""

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
class AdaGradConfig(OptimizerConfig):
    """AdaGrad: steps scaled by the root of the summed squared gradients."""

    eps: float = ranged("(0, inf)")
    """Added to the root in the denominator."""


def adagrad_start(params: Tensor) -> dict[str, Tensor]:
    """Return the state before the first step: sums of squares of zero."""
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


register(
    Optimizer(
        name="adagrad",
        order=3,
        config=AdaGradConfig,
        start=adagrad_start,
        step_=adagrad_step_,
        family="adaptive",
        look=Look("#009E73", ":", "^"),
    )
)
