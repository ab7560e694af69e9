"""Gradient descent, for a whole population at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.look import Look
from ffnn_lab.optimizers.option import Optimizer
from ffnn_lab.optimizers.update import per_member
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@dataclass(kw_only=True)
class SGDConfig(OptimizerConfig):
    """Gradient descent without momentum."""


def sgd_start(_params: Tensor) -> dict[str, Tensor]:
    """Return an empty state: plain gradient descent remembers nothing."""
    return {}


def sgd_step_(
    params: Tensor,
    grads: Tensor,
    _state: Mapping[str, Tensor],
    *,
    lr: Tensor,
) -> None:
    """Change the parameters of every member ``m`` by one step, in place: ``w <- w - lr[m] * g``.

    Here ``w`` is a member's parameters, and ``g`` its gradient.

    Args:
        params: Weights and biases of ``M`` members, ``(M, n)``.
        grads: The gradient of each member's own mean loss over its batch, ``(M, n)``.
        lr: The step length per update, ``(M,)``, positive.

    Raises:
        ValueError: If ``lr`` is not one number per member.

    Source:
        Robbins and Monro (1951).
    """
    params.sub_(per_member(lr, params) * grads)


register(
    Optimizer(
        name="sgd",
        order=0,
        config=SGDConfig,
        start=sgd_start,
        step_=sgd_step_,
        family="plain",
        look=Look("#000000", "-", "o"),
    )
)
