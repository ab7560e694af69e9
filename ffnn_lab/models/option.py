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
    """Return the run's config unchanged, since for most models no field is left to fill in."""
    return run


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Choice):
    """A model: a kind of network that a run's config chooses and sizes."""

    kind: ClassVar[str] = "model"
    make: Callable[[Any, Interface, RunConfig], Network]
    """Function of (the model's config, the task's interface, the run's config) that returns the
    network."""
    reopen: Callable[[SavedNetwork], nn.Module]
    """Function of the contents of a trained network's file that returns the module, without the
    trained weights."""
    settle: Callable[[RunConfig], RunConfig] = settle_nothing
    """Function that returns a run's config with all fields filled in that can change a result,
    such as the checksum of a user's file."""


MODELS = View(Model)
"""All models, by name."""
