"""The interface of a pruner: which of Optuna's pruners judges settings, and its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.registry import Option, View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ffnn_lab.config.sweep import PrunerConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class Pruner(Option):
    """A rule by which settings are stopped early; a step of Optuna's pruners is an epoch."""

    kind: ClassVar[str] = "pruner"
    pruner: str
    """Name of a class of `optuna.pruners`."""
    arguments: Callable[[PrunerConfig, int], Mapping[str, Any]]
    """Function of (the sweep's pruner options, the largest number of epochs of any setting of the
    arm) that returns the keyword arguments of the class."""
    stops_early: bool = True
    """False if every setting is trained to its end."""


PRUNERS = View(Pruner)
"""All pruners, by name."""
