"""RMSProp, for a whole population at once."""

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
class RMSPropConfig(OptimizerConfig):
    """RMSProp: steps divided by the root of a running mean of squared gradients."""

    rho: float = ranged("[0, 1)")
    """Fraction of the running mean of squared gradients that each update keeps."""
    eps: float = ranged("(0, inf)")
    """Number that is added to the root in the denominator."""


def rmsprop_start(params: Tensor) -> dict[str, Tensor]:
    """Return the state before the first step: means of squared gradients, which are zero."""
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
    """Change the parameters and the state of every member by one step, in place.

    For each member ``m``, with parameters ``w``, gradient ``g`` and mean squares ``s``::

        s <- rho[m] * s + (1 - rho[m]) * g * g
        w <- w - lr[m] * g / (sqrt(s) + eps[m])

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, ``(M, n)``.
        state: ``mean_square``, shaped like ``params``; zeros before the first step.
        lr: The step length per update, ``(M,)``, positive.
        rho: The fraction of the running mean kept, ``(M,)``, in [0, 1).
        eps: Number that is added to the root, ``(M,)``, positive.

    Raises:
        ValueError: If a hyperparameter is not one number per member.

    Source:
        Tieleman and Hinton (2012), lecture 6.5; as ``torch.optim.RMSprop`` without momentum
        (``rho`` is its ``alpha``).
    """
    w, s, kept = params, state["mean_square"], per_member(rho, params)
    s.mul_(kept).add_((1 - kept) * grads * grads)
    w.sub_(per_member(lr, w) * grads / (s.sqrt() + per_member(eps, w)))


register(
    Optimizer(
        name="rmsprop",
        order=4,
        config=RMSPropConfig,
        start=rmsprop_start,
        step_=rmsprop_step_,
        family="adaptive",
        look=Look("#E69F00", (0, (5, 1)), "v"),
    )
)
