"""Small tasks for networks that are ordinary PyTorch modules, and such networks."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from ffnn_lab.config import RunConfig
from ffnn_lab.models import network_of
from ffnn_lab.networks.torch_network import TorchNetwork
from ffnn_lab.population import Population
from ffnn_lab.tasks.data.task import Interface, Task
from tests.support.builders import make_letters, make_pictures, make_sentences

TASKS: Mapping[str, Task] = {
    "cnn": make_pictures(),
    "vgg": make_pictures(),
    "char_lstm": make_letters(),
    "dan": make_sentences(),
}
"""For each model of `tests.catalog`, a small task that it takes."""


def started(config: RunConfig, task: Task) -> nn.Module:
    """Return the module of a run before its first step."""
    return Population([config], network_of(config, task)).export(0)


def made_network(make: Callable[[], Any]) -> TorchNetwork:
    """Make the network of a factory whose modules take four numbers and return three."""
    interface = Interface((4,), 3)
    return TorchNetwork(make, interface, torch.float32, description={}, asked="model.factory=f")
