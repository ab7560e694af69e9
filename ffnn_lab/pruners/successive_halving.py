"""``successive_halving``: of every ``reduction_factor`` settings at a rung, the best one goes on.

A rung is a number of epochs after which settings are compared.

Source:
    Li et al. (2020), "A System for Massively Parallel Hyperparameter Tuning", Algorithm 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ffnn_lab.pruners.option import Pruner
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffnn_lab.config.sweep import PrunerConfig


def arguments(config: PrunerConfig, _max_epochs: int) -> Mapping[str, Any]:
    """Return the arguments of Optuna's class: epochs of the first rung, and a ratio.

    The ratio, ``reduction_factor``, is that of the epochs of a rung to those of the rung before.
    """
    return {"min_resource": config.min_epochs, "reduction_factor": config.reduction_factor}


register(
    Pruner(
        name="successive_halving",
        order=2,
        pruner="SuccessiveHalvingPruner",
        arguments=arguments,
    )
)
