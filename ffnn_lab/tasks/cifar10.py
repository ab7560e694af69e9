"""CIFAR-10: color photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.task import ImageTaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class Cifar10Config(ImageTaskConfig):
    """CIFAR-10: 32 x 32 color photographs, flattened."""


def load(config: Cifar10Config, data: Path) -> Task:
    """Read the data that ``config`` names; see `ffnn_lab.tasks.data`."""
    from ffnn_lab.tasks.data.cifar10 import load_cifar10  # noqa: PLC0415 - numpy, when it is needed

    return load_cifar10(config, data)


register(TaskOption(name="cifar10", order=3, config=Cifar10Config, load=load))
