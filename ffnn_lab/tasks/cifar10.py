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
    """Config of CIFAR-10: color photographs of 32 x 32 pixels in ten classes."""


def load(config: Cifar10Config, data: Path) -> Task:
    """Return the task of CIFAR-10, its images read from the folder ``data``, split and scaled."""
    from ffnn_lab.tasks.data.cifar10 import load_cifar10  # noqa: PLC0415 - numpy, when it is needed

    return load_cifar10(config, data)


register(TaskOption(name="cifar10", order=3, config=Cifar10Config, load=load))
