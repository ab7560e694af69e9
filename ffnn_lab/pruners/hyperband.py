"""``hyperband``: successive halving in several brackets, which differ in their first rung.

A rung is a number of epochs after which settings are compared.

Source:
    Li et al. (2018), "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ffnn_lab.pruners.option import Pruner
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffnn_lab.config.sweep import PrunerConfig


def arguments(config: PrunerConfig, max_epochs: int) -> Mapping[str, Any]:
    """Return the arguments of Optuna's class: epochs of the first and the last rung, and a ratio.

    The ratio, ``reduction_factor``, is that of the epochs of a rung to those of the rung before.

    Args:
        config: The sweep's pruner options.
        max_epochs: The largest number of epochs of any setting of the arm.
    """
    return {
        "min_resource": config.min_epochs,
        "max_resource": max_epochs,
        "reduction_factor": config.reduction_factor,
    }


register(Pruner(name="hyperband", order=3, pruner="HyperbandPruner", arguments=arguments))
