"""Tasks: data, split, loss and metric together."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ffnn_lab.config import TaskConfig, leaves
from ffnn_lab.config.task import TASKS
from ffnn_lab.tasks.cifar10 import load_cifar10
from ffnn_lab.tasks.digits import load_digits
from ffnn_lab.tasks.mnist import load_fashion_mnist, load_mnist
from ffnn_lab.tasks.official import DataError
from ffnn_lab.tasks.task import Split, Task, stratified_split

LOADERS: dict[str, Callable[[Any, Path], Task]] = {
    "digits": load_digits,
    "mnist": load_mnist,
    "fashion_mnist": load_fashion_mnist,
    "cifar10": load_cifar10,
}
"""Name of the task to the function that reads it, given its config and the data folder."""
N_KEPT = 2
"""Tasks that a process keeps: a sweep trains population after population on the same, and those of
photographs take 0.7 GB each."""


def load_task(config: TaskConfig, data: Path) -> Task:
    """Read, split and scale the data that ``config`` names.

    The last few tasks are kept, and given again; nobody may write to their arrays.

    Args:
        config: Which data, and how to split and scale them.
        data: Folder of the raw data that are not embedded.

    Raises:
        UserError: If the data are not there, damaged, or do not fit the config.
    """
    return _load(json.dumps(leaves(config)), data.absolute())


def check_task(config: TaskConfig, data: Path) -> None:
    """Make sure that a task can be loaded; a process loads each at most once for it.

    Raises:
        UserError: As ``load_task``.
    """
    _check(json.dumps(leaves(config)), data.absolute())


@functools.lru_cache(maxsize=N_KEPT)
def _load(written: str, data: Path) -> Task:
    values = json.loads(written)
    name = values["name"]
    return LOADERS[name](TASKS[name](**values), data)


@functools.cache
def _check(written: str, data: Path) -> None:
    _load(written, data)


__all__ = ["LOADERS", "DataError", "Split", "Task", "check_task", "load_task", "stratified_split"]
