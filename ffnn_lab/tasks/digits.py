"""The handwritten digits of 8 x 8 pixels that scikit-learn ships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ffnn_lab.config.task import CutTaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class DigitsConfig(CutTaskConfig):
    """Config of the handwritten digits of 8 x 8 pixels that scikit-learn ships."""


def load(config: DigitsConfig, data: Path) -> Task:
    """Return the task of scikit-learn's digits, its images split and scaled."""
    from ffnn_lab.tasks.data.digits import load_digits  # noqa: PLC0415 - numpy, when it is needed

    return load_digits(config, data)


register(TaskOption(name="digits", order=0, config=DigitsConfig, load=load))
