"""The feed-forward network, and the linear model: the same network without a hidden layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab import registry
from ffnn_lab.config.fields import ConfigError, any_value, one_of, option_of, ranged
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.of_torch import reopen_as, torch_network
from ffnn_lab.models.option import Model

if TYPE_CHECKING:
    from collections.abc import Hashable

    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.networks import Network
    from ffnn_lab.networks.saved import SavedNetwork
    from ffnn_lab.tasks.data.task import Interface


@dataclass(kw_only=True)
class MLPConfig(ModelConfig):
    """Config of a feed-forward network: W g(V f(x)) with any number of hidden layers."""

    widths: list[int] = ranged("[1, inf)")
    """Number of units of each hidden layer; an empty list for a linear model."""
    activation: str = option_of("activation")
    bias: bool
    """True if every layer has a bias, False if no layer has one."""
    norm: str = one_of("none", "layer", "batch", neutral="none")
    """Normalization between each hidden layer's weighted sums and its activation: none, over the
    layer's units (Ba et al. 2016), or over the batch (Ioffe and Szegedy 2015)."""
    residual: bool = any_value(neutral=False)
    """True if each hidden layer with as many units as inputs adds its inputs to its outputs
    (He et al. 2016)."""

    def check_run(self, run: RunConfig) -> None:
        """Check that the initializer of biases is zero if the network has no biases.

        Raises:
            ConfigError: If the network has no biases, and the initializer draws other numbers.
        """
        options = registry.options("initializer")
        if not self.bias and not options[run.bias_initializer.name].is_zero:
            zero = ", ".join(name for name, each in options.items() if each.is_zero)
            msg = (
                f"bias_initializer must be {zero} with model.bias=false, since there are no "
                f"biases to draw; got {run.bias_initializer.name}"
            )
            raise ConfigError(msg)

    @property
    def is_plain(self) -> bool:
        """Return True if the network has neither normalization nor residual connections.

        The derivatives of such a network are hand-written, those of others come from autograd.
        """
        return self.norm == "none" and not self.residual

    @property
    def program(self) -> Hashable | None:
        """Return the widths as the key of compiled steps; None if steps cannot be compiled.

        See `ModelConfig.program`.
        """
        return tuple(self.widths) if self.is_plain else None

    @property
    def asked(self) -> str:
        """Return the override by which a user asks for the model."""
        if self.is_plain:
            return f"model={self.name}"
        return f"model.norm={self.norm}" if self.norm != "none" else "model.residual=true"


def build(config: MLPConfig, interface: Interface) -> nn.Module:
    """Return a new, untrained module of a network with normalization or residual connections.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.
    """
    from ffnn_lab.networks.modules import Dense  # noqa: PLC0415 - torch, when it is needed

    return Dense(
        (math.prod(interface.inputs), *config.widths, interface.n_outputs),
        config.activation,
        has_bias=config.bias,
        norm=config.norm,
        is_residual=config.residual,
    )


def make(config: MLPConfig, interface: Interface, run: RunConfig) -> Network:
    """Return the network for a task, which the runs of a population train together.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.
        run: The config of one of the runs.

    Raises:
        ConfigError: If the task's inputs are indices of words or letters.
    """
    from ffnn_lab.networks import MLP  # noqa: PLC0415 - as above

    if interface.n_words:
        msg = (
            f"{config.asked} needs quantities as inputs, but the inputs of this task are index "
            "numbers of words or letters: set task.features=counts, or model=dan or "
            "model=char_lstm"
        )
        raise ConfigError(msg)
    if not config.is_plain:
        return torch_network(config, interface, run, build)
    sizes = (math.prod(interface.inputs), *config.widths, interface.n_outputs)
    return MLP(sizes, config.activation, has_bias=config.bias)


def reopen(saved: SavedNetwork) -> nn.Module:
    """Return the module that the file of a trained network describes, without trained weights."""
    from ffnn_lab.networks import MLP  # noqa: PLC0415 - as above

    told = saved.description
    if "config" in told:
        return reopen_as(MLPConfig, build)(saved)
    network = MLP(tuple(told["sizes"]), told["activation"], has_bias=told["has_bias"])
    return network.module(saved.dtype)


registry.register(Model(name="mlp", order=0, config=MLPConfig, make=make, reopen=reopen))
registry.register(Model(name="linear", order=1, config=MLPConfig, make=make, reopen=reopen))
