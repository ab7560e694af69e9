"""``none``: every setting is trained to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ffnn_lab.pruners.option import Pruner
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ffnn_lab.config.sweep import PrunerConfig


def arguments(_config: PrunerConfig, _max_epochs: int) -> Mapping[str, Any]:
    """Return no arguments, since Optuna's class takes none."""
    return {}


register(Pruner(name="none", order=0, pruner="NopPruner", arguments=arguments, stops_early=False))
