"""Tasks, each of which is data, split, loss and metric together; one file for each.

The file of a task imports no numpy; the package ``data`` reads, splits and scales examples.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ffnn_lab.config import ConfigError, RunConfig, TaskConfig, home, leaves, with_values
from ffnn_lab.registry import source_of
from ffnn_lab.tasks.option import TASKS, TaskOption

if TYPE_CHECKING:
    from ffnn_lab.tasks.data.task import Task

N_KEPT = 2
"""Number of loaded tasks that a process keeps in memory, since a sweep trains many populations on
the same task. CIFAR-10, for example, takes 0.7 GB."""


def settle_task(config: RunConfig) -> RunConfig:
    """Return a run's config with the task's fields that depend on the data filled in.

    Such a field is the checksum of a table. A run's id needs these fields, because the id depends
    on the data that the run learns from.

    Raises:
        UserError: If the data are missing, or cannot be learned from.
    """
    settled: object = TASKS[config.task.name].settle(config.task, Path(config.paths.data))
    if not isinstance(settled, Mapping):
        msg = (
            f"task={config.task.name}: settle must return values by the names of their fields, "
            f"got {type(settled).__name__}"
        )
        raise ConfigError(msg)
    return with_values(config, {f"task.{key}": value for key, value in settled.items()})


def load_task(config: TaskConfig, data: Path) -> Task:
    """Read, split and scale the data that ``config`` names.

    The last `N_KEPT` tasks are cached, so their arrays must not be written to.

    Args:
        config: The task's config.
        data: The data folder, as in ``paths.data``, with the raw data that no library ships.

    Raises:
        UserError: If the data are missing, damaged, or do not fit the config.
    """
    if not config.is_settled:  # not cached, because the file may change
        return _loaded(config, data)
    return _load(json.dumps(leaves(config)), home(str(data)).absolute(), _version(config))


def check_task(config: TaskConfig, data: Path) -> str:
    """Check that a task can be loaded; for this, a process loads each task at most once.

    Args:
        config: The task's config.
        data: The data folder, as in ``paths.data``.

    Returns:
        One line about the data, see `Task.summary`.

    Raises:
        UserError: If the data are missing, damaged, or do not fit the config.
    """
    if not config.is_settled:
        return load_task(config, data).summary
    return _check(json.dumps(leaves(config)), home(str(data)).absolute(), _version(config))


@functools.lru_cache(maxsize=N_KEPT)
def _load(written: str, data: Path, _version: str) -> Task:
    values = json.loads(written)
    return _loaded(TASKS[values["name"]].config(**values), data)


def _version(config: TaskConfig) -> str:
    """Return the checksum of the user's own file that defines a task; empty for other tasks."""
    source = source_of("task", config.name)
    return "" if source is None else source.sha256


def _loaded(config: TaskConfig, data: Path) -> Task:
    from ffnn_lab.tasks.data.task import Task  # noqa: PLC0415 - numpy, when it is needed

    found: object = TASKS[config.name].load(config, data)
    if not isinstance(found, Task):
        msg = f"task={config.name}: load must return a Task, got {type(found).__name__}"
        raise ConfigError(msg)
    return found


@functools.cache
def _check(written: str, data: Path, version: str) -> str:
    return _load(written, data, version).summary


__all__ = ["TASKS", "TaskOption", "check_task", "load_task", "settle_task"]
