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
"""Number of axes of an image: channels, rows, columns."""


@dataclass(kw_only=True)
class CNNConfig(ModelConfig):
    """Config of blocks of 3 x 3 convolutions and a classifier of dense layers.

    Each block ends in max-pooling over 2 x 2.
    """

    channels: list[int] = ranged("[1, inf)")
    """Number of channels of the convolutions of each block, in the order of the blocks."""
    convolutions: int = ranged("[1, inf)")
    """Number of convolutions of each block."""
    widths: list[int] = ranged("[1, inf)")
    """Number of units of each hidden layer of the classifier; an empty list for a linear one."""
    activation: str = option_of("activation")
    norm: str = one_of("none", "batch", "group")
    """Normalization between each convolution and its activation: none, over the batch (Ioffe and
    Szegedy 2015), or over groups of an example's channels (group; Wu and He 2018)."""


def build(config: CNNConfig, interface: Interface) -> nn.Module:
    """Return a new, untrained module for a task of images.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.

    Raises:
        ConfigError: If the task has no images, or images too small to be halved by each block.
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
