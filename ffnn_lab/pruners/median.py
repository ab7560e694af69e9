"""``median``: stops a setting whose best score so far is worse than the median of other settings.

The median is that of the scores of earlier settings at the same epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ffnn_lab.pruners.option import Pruner
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffnn_lab.config.sweep import PrunerConfig


def arguments(config: PrunerConfig, _max_epochs: int) -> Mapping[str, Any]:
    """Return the arguments of Optuna's class.

    These are the number of first settings, which are never stopped, and the number of epochs for
    which every setting is trained.
    """
    return {"n_startup_trials": config.n_startup_trials, "n_warmup_steps": config.min_epochs}


register(Pruner(name="median", order=1, pruner="MedianPruner", arguments=arguments))
