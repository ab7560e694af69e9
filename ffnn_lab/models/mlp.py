"""The feed-forward net, and the linear model that it is without a hidden layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab import registry
from ffnn_lab.config.fields import ConfigError, option_of, ranged
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.option import Model, Shape

if TYPE_CHECKING:
    from collections.abc import Hashable

    import torch
    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.networks import Network
    from ffnn_lab.networks.saved import SavedNetwork


@dataclass(kw_only=True)
class MLPConfig(ModelConfig):
    """A feed-forward net: W g(V f(x)) with any number of hidden layers."""

    widths: list[int] = ranged("[1, inf)")
    """Units of each hidden layer; an empty list is a linear model."""
    activation: str = option_of("activation")
    bias: bool
    """Whether every layer has a bias, or none."""

    def check_run(self, run: RunConfig) -> None:
        """Check that a network without biases has an initializer of biases that draws none."""
        options = registry.options("initializer")
        if not self.bias and not options[run.bias_initializer.name].is_zero:
            zero = ", ".join(name for name, each in options.items() if each.is_zero)
            msg = (
                f"bias_initializer must be {zero} with model.bias=false, which leaves it nothing "
                f"to draw; got {run.bias_initializer.name}"
            )
            raise ConfigError(msg)

    @property
    def program(self) -> Hashable:
        """Return the widths; see ``ffnn_lab.networks.mlp`` for how steps are written."""
        return tuple(self.widths)


def make(config: MLPConfig, shape: Shape, _dtype: torch.dtype) -> Network:
    """Return the network of a config on a task."""
    from ffnn_lab.networks import MLP  # noqa: PLC0415 - torch, when it is needed

    sizes = (math.prod(shape.inputs), *config.widths, shape.n_outputs)
    return MLP(sizes, config.activation, has_bias=config.bias)


def reopen(saved: SavedNetwork) -> nn.Module:
    """Return the module of a file."""
    from ffnn_lab.networks import MLP  # noqa: PLC0415 - torch, when it is needed

    told = saved.description
    network = MLP(tuple(told["sizes"]), told["activation"], has_bias=told["has_bias"])
    return network.module(saved.dtype)


registry.register(Model(name="mlp", order=0, config=MLPConfig, make=make, reopen=reopen))
registry.register(Model(name="linear", order=1, config=MLPConfig, make=make, reopen=reopen))
