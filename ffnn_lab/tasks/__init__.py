"""Tasks: data, split, loss and metric together."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ffnn_lab.config import RunConfig, TaskConfig, home, leaves, with_values
from ffnn_lab.config.task import TASKS, TableConfig
from ffnn_lab.tasks.cifar10 import load_cifar10
from ffnn_lab.tasks.digits import load_digits
from ffnn_lab.tasks.mnist import load_fashion_mnist, load_mnist
from ffnn_lab.tasks.separable import load_separable
from ffnn_lab.tasks.table import RereadError, load_table, settle_table
from ffnn_lab.tasks.task import DataError, Split, Task, stratified_split

LOADERS: dict[str, Callable[[Any, Path], Task]] = {
    "digits": load_digits,
    "mnist": load_mnist,
    "fashion_mnist": load_fashion_mnist,
    "cifar10": load_cifar10,
    "table": load_table,
    "separable": load_separable,
}
"""Name of the task to the function that reads it, given its config and the data folder."""
N_KEPT = 2
"""Tasks that a process keeps: a sweep trains population after population on the same, and those of
photographs take 0.7 GB each."""


def settle_task(config: RunConfig) -> RunConfig:
    """Replace what only the data can say: a run's id needs to know which table it learns from.

    The table is read for it, once for this and for ``load_task``.

    Raises:
        UserError: If the table is not there, or cannot be learned from.
    """
    if not isinstance(config.task, TableConfig):
        return config
    settled = settle_table(config.task)
    config = with_values(config, {f"task.{key}": value for key, value in settled.items()})
    try:
        load_task(config.task, Path(config.paths.data))
    except RereadError:
        return with_values(config, {"task.reading": "exact"})
    return config


def load_task(config: TaskConfig, data: Path) -> Task:
    """Read, split and scale the data that ``config`` names.

    The last few tasks are kept, and given again; nobody may write to their arrays.

    Args:
        config: Which data, and how to split and scale them.
        data: Folder of the raw data that are not embedded.

    Raises:
        UserError: If the data are not there, damaged, or do not fit the config.
    """
    if not config.is_settled:  # the file may be another one the next time
        return LOADERS[config.name](config, data)
    return _load(json.dumps(leaves(config)), home(str(data)).absolute())


def check_task(config: TaskConfig, data: Path) -> str:
    """Make sure that a task can be loaded; a process loads each at most once for it.

    Returns:
        ``Task.summary``.

    Raises:
        UserError: As ``load_task``.
    """
    if not config.is_settled:
        return load_task(config, data).summary
    return _check(json.dumps(leaves(config)), home(str(data)).absolute())


@functools.lru_cache(maxsize=N_KEPT)
def _load(written: str, data: Path) -> Task:
    values = json.loads(written)
    name = values["name"]
    return LOADERS[name](TASKS[name](**values), data)


@functools.cache
def _check(written: str, data: Path) -> str:
    return _load(written, data).summary


__all__ = [
    "LOADERS",
    "DataError",
    "Split",
    "Task",
    "check_task",
    "load_task",
    "settle_task",
    "stratified_split",
]
