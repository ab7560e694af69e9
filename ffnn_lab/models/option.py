"""The interface of a model: its config class, and how it becomes a network on a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.networks import Network
    from ffnn_lab.networks.saved import SavedNetwork
    from ffnn_lab.tasks.data.task import Interface


def settle_nothing(run: RunConfig) -> RunConfig:
    """Return the run: the config of most models says all that can move a number."""
    return run


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Choice):
    """A model: a kind of network that a run's config chooses and sizes."""

    kind: ClassVar[str] = "model"
    make: Callable[[Any, Interface, RunConfig], Network]
    """(its config, what the task asks of a network, the run) to the network."""
    reopen: Callable[[SavedNetwork], nn.Module]
    """From what a file holds to the module that was saved, without its weights."""
    settle: Callable[[RunConfig], RunConfig] = settle_nothing
    """From a run to one that says all that can move a number."""


MODELS = View(Model)
"""All models, by name."""
