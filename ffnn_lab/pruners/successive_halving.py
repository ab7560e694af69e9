"""``successive_halving``: of every ``reduction_factor`` settings at a rung, the best one goes on.

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
    """Return the epochs of the first rung, and the ratio from one rung to the next."""
    return {"min_resource": config.min_epochs, "reduction_factor": config.reduction_factor}


register(
    Pruner(
        name="successive_halving",
        order=2,
        pruner="SuccessiveHalvingPruner",
        arguments=arguments,
    )
)
