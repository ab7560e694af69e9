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
    """An embedding, layers of LSTM with dropout between them, and a linear layer of logits."""

    embedding: int = ranged("[1, inf)")
    """Numbers for each letter."""
    width: int = ranged("[1, inf)")
    """Units of each LSTM layer."""
    layers: int = ranged("[1, inf)")
    """LSTM layers, one on top of the other."""


def build(config: CharLSTMConfig, interface: Interface) -> nn.Module:
    """Return the module of a config on a task of letters.

    Raises:
        ConfigError: If the task does not ask for the next letter after each.
    """
    from ffnn_lab.networks.modules import CharLSTM  # noqa: PLC0415 - torch, when it is needed

    if not (interface.n_words and interface.labels):
        msg = "model=char_lstm takes a text whose every letter has a label (task=char_text)"
        raise ConfigError(msg)
    return CharLSTM(
        interface.n_words,
        interface.n_outputs,
        embedding=config.embedding,
        width=config.width,
        n_layers=config.layers,
    )


register(module_model("char_lstm", CharLSTMConfig, build, order=4))
