"""MNIST: handwritten digits."""

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
class MnistConfig(ImageTaskConfig):
    """Config of MNIST: handwritten digits of 28 x 28 pixels."""


def load(config: MnistConfig, data: Path) -> Task:
    """Return the task of MNIST, its images read from the folder ``data``, split and scaled."""
    from ffnn_lab.tasks.data.mnist import load_mnist  # noqa: PLC0415 - numpy, when it is needed

    return load_mnist(config, data)


register(TaskOption(name="mnist", order=1, config=MnistConfig, load=load))
