"""The deep averaging network: the mean of a sentence's word vectors, then a feed-forward net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ConfigError, option_of, ranged
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.of_torch import module_model
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import nn

    from ffnn_lab.tasks.data.task import Interface


@dataclass(kw_only=True)
class DANConfig(ModelConfig):
    """Config of W g(V f(x)), where f(x) is the mean of the vectors of a sentence's words.

    ``dropout.input`` is the probability that a word is dropped, ``dropout.hidden`` the probability
    that a hidden unit is.

    Source:
        Iyyer, Manjunatha, Boyd-Graber and Daume III (2015), sections 2.2 and 3.
    """

    embedding: int = ranged("[1, inf)")
    """Length of the vector that is learned for each word."""
    widths: list[int] = ranged("[1, inf)")
    """Number of units of each hidden layer."""
    activation: str = option_of("activation")


def build(config: DANConfig, interface: Interface) -> nn.Module:
    """Return a new, untrained module for a task of sentences.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.

    Raises:
        ConfigError: If the task's inputs are no words of sentences with one label each.
    """
    from ffnn_lab.networks.modules import DAN  # noqa: PLC0415 - torch, when it is needed

    if not interface.n_words or interface.labels:
        msg = "model=dan needs the words of sentences as inputs (task=text task.features=words)"
        raise ConfigError(msg)
    return DAN(
        interface.n_words,
        interface.n_outputs,
        embedding=config.embedding,
        widths=config.widths,
        activation=config.activation,
    )


register(module_model("dan", DANConfig, build, order=5))
