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
    """The lecture's W g(V f(x)), where f(x) is the mean of the vectors of a sentence's words.

    ``dropout.input`` is the probability that a word is dropped, ``dropout.hidden`` of a unit.

    Source:
        Iyyer, Manjunatha, Boyd-Graber and Daume III (2015), sections 2.2 and 3.
    """

    embedding: int = ranged("[1, inf)")
    """Numbers of a word's vector."""
    widths: list[int] = ranged("[1, inf)")
    """Units of each hidden layer."""
    activation: str = option_of("activation")


def build(config: DANConfig, interface: Interface) -> nn.Module:
    """Return the module of a config on a task of sentences.

    Raises:
        ConfigError: If the inputs of the task are no words.
    """
    from ffnn_lab.networks.modules import DAN  # noqa: PLC0415 - torch, when it is needed

    if not interface.n_words or interface.labels:
        msg = "model=dan takes the words of sentences (task=text task.features=words)"
        raise ConfigError(msg)
    return DAN(
        interface.n_words,
        interface.n_outputs,
        embedding=config.embedding,
        widths=config.widths,
        activation=config.activation,
    )


register(module_model("dan", DANConfig, build, order=5))
