"""Convolutional networks: blocks of convolutions that are pooled, then a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.fields import ConfigError, one_of, option_of, ranged
from ffnn_lab.config.model import ModelConfig
from ffnn_lab.models.of_torch import module_model
from ffnn_lab.registry import register

if TYPE_CHECKING:
    from torch import nn

    from ffnn_lab.tasks.data.task import Interface

N_AXES = 3
"""Axes of an image: channels, rows, columns."""


@dataclass(kw_only=True)
class CNNConfig(ModelConfig):
    """Blocks of 3 x 3 convolutions, each block followed by max-pooling over 2 x 2."""

    channels: list[int] = ranged("[1, inf)")
    """Channels of each block's convolutions."""
    convolutions: int = ranged("[1, inf)")
    """Convolutions of each block."""
    widths: list[int] = ranged("[1, inf)")
    """Units of each hidden layer of the classifier; an empty list is a linear one."""
    activation: str = option_of("activation")
    norm: str = one_of("none", "batch", "group")
    """Between each product and its activation: nothing, a normalization over the batch (Ioffe and
    Szegedy 2015), or one over groups of an example's channels (Wu and He 2018)."""


def build(config: CNNConfig, interface: Interface) -> nn.Module:
    """Return the module of a config on a task of images.

    Raises:
        ConfigError: If the task has no images, or smaller ones than its blocks halve.
    """
    from ffnn_lab.networks.modules import CNN  # noqa: PLC0415 - torch, when it is needed

    if len(interface.inputs) != N_AXES or interface.n_words:
        msg = (
            "model=cnn takes images (mnist, fashion_mnist, cifar10, digits); the examples of "
            f"this task have the shape {interface.inputs}"
        )
        raise ConfigError(msg)
    n_halvings = min(interface.inputs[1:]).bit_length() - 1
    if len(config.channels) > n_halvings:
        msg = (
            f"model.channels must name at most {n_halvings} blocks for images of "
            f"{interface.inputs[1]} x {interface.inputs[2]}, since each halves them; got "
            f"{config.channels}"
        )
        raise ConfigError(msg)
    return CNN(
        interface.inputs,
        interface.n_outputs,
        channels=config.channels,
        n_convolutions=config.convolutions,
        widths=config.widths,
        activation=config.activation,
        norm=config.norm,
    )


register(module_model("cnn", CNNConfig, build, order=2))
register(module_model("vgg", CNNConfig, build, order=3))
