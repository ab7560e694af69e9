"""``median``: stops a setting whose best score so far is worse than the median of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ffnn_lab.pruners.option import Pruner
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffnn_lab.config.sweep import PrunerConfig


def arguments(config: PrunerConfig, _max_epochs: int) -> Mapping[str, Any]:
    """Return the number of first settings that are not judged, and the epochs that each gets."""
    return {"n_startup_trials": config.n_startup_trials, "n_warmup_steps": config.min_epochs}


register(Pruner(name="median", order=1, pruner="MedianPruner", arguments=arguments))
