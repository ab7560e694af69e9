"""Fashion-MNIST: pictures of clothes."""

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
class FashionMnistConfig(ImageTaskConfig):
    """Config of Fashion-MNIST: pictures of clothes of 28 x 28 pixels in ten classes."""


def load(config: FashionMnistConfig, data: Path) -> Task:
    """Return the task of Fashion-MNIST, its images in the folder ``data`` split and scaled."""
    from ffnn_lab.tasks.data.mnist import load_fashion_mnist  # noqa: PLC0415 - numpy, when it is needed

    return load_fashion_mnist(config, data)


register(TaskOption(name="fashion_mnist", order=2, config=FashionMnistConfig, load=load))
