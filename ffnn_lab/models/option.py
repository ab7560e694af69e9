"""What a model is: its config class, and how it becomes a network on a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from torch import nn

    from ffnn_lab.networks import Network
    from ffnn_lab.networks.saved import SavedNetwork


@dataclass(frozen=True)
class Shape:
    """What a network must know of its task."""

    inputs: tuple[int, ...]
    """Of one example."""
    n_outputs: int
    """One for each class, or 1 for a score."""
    n_words: int = 0
    """Words of the vocabulary that inputs are numbers of; 0 where inputs are quantities."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Choice):
    """A model: a kind of network that a run's config chooses and sizes."""

    kind: ClassVar[str] = "model"
    make: Callable[[Any, Shape, torch.dtype], Network]
    """(its config, the task's shape, the dtype) to the network."""
    reopen: Callable[[SavedNetwork], nn.Module]
    """What a file holds to the module that was saved, without its weights."""


MODELS = View(Model)
"""All models, by name."""
