"""A character language model: an embedding, LSTM layers, and logits of the next letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ConfigError, ranged
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.of_torch import module_model
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import nn

    from ffnn_lab.tasks.data.task import Interface


@dataclass(kw_only=True)
class CharLSTMConfig(ModelConfig):
    """Config of an embedding, LSTM layers, each followed by dropout, and a linear layer."""

    embedding: int = ranged("[1, inf)")
    """Length of the vector that is learned for each letter."""
    width: int = ranged("[1, inf)")
    """Number of units of each LSTM layer."""
    layers: int = ranged("[1, inf)")
    """Number of LSTM layers, one on top of the other."""


def build(config: CharLSTMConfig, interface: Interface) -> nn.Module:
    """Return a new, untrained module for a task of letters.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.

    Raises:
        ConfigError: If the task's inputs are no letters, or its letters have no labels.
    """
    from ffnn_lab.networks.modules import CharLSTM  # noqa: PLC0415 - torch, when it is needed

    if not (interface.n_words and interface.labels):
        msg = "model=char_lstm needs a text in which every letter has a label (task=char_text)"
        raise ConfigError(msg)
    return CharLSTM(
        interface.n_words,
        interface.n_outputs,
        embedding=config.embedding,
        width=config.width,
        n_layers=config.layers,
    )


register(module_model("char_lstm", CharLSTMConfig, build, order=4))
