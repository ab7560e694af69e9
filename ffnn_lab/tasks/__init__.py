"""Tasks: data, split, loss and metric together."""

from collections.abc import Callable
from typing import Any

from ffnn_lab.config import TaskConfig
from ffnn_lab.tasks.digits import load_digits
from ffnn_lab.tasks.separable import load_separable
from ffnn_lab.tasks.task import Split, Task, stratified_split

LOADERS: dict[str, Callable[[Any], Task]] = {
    "digits": load_digits,
    "separable": load_separable,
}
"""Name of the task to the function that reads it."""


def load_task(config: TaskConfig) -> Task:
    """Read, split and scale the data that ``config`` names."""
    return LOADERS[config.name](config)


__all__ = ["LOADERS", "Split", "Task", "load_task", "stratified_split"]
