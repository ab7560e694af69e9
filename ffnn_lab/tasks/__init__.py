"""Tasks: data, split, loss and metric together; one light file for each. ``data/`` reads data."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ffnn_lab.config import RunConfig, TaskConfig, home, leaves, with_values
from ffnn_lab.tasks.option import TASKS, TaskOption

if TYPE_CHECKING:
    from ffnn_lab.tasks.data.task import Task

N_KEPT = 2
"""Number of tasks that a process keeps in memory, as a sweep trains many populations on each; a
task of photographs takes 0.7 GB."""


def settle_task(config: RunConfig) -> RunConfig:
    """Fill in the task's fields that depend on the data, such as a table's checksum.

    A run's id needs these fields, because it depends on the data that the run learns from.

    Raises:
        UserError: If the data are missing, or cannot be learned from.
    """
    settled = TASKS[config.task.name].settle(config.task, Path(config.paths.data))
    return with_values(config, {f"task.{key}": value for key, value in settled.items()})


def load_task(config: TaskConfig, data: Path) -> Task:
    """Read, split and scale the data that ``config`` names.

    The last few tasks are cached, so their arrays must not be written to.

    Args:
        config: The task's config.
        data: Folder of the raw data that are not part of a library.

    Raises:
        UserError: If the data are missing, damaged, or do not fit the config.
    """
    if not config.is_settled:  # not cached, because the file may change
        return TASKS[config.name].load(config, data)
    return _load(json.dumps(leaves(config)), home(str(data)).absolute())


def check_task(config: TaskConfig, data: Path) -> str:
    """Check that a task can be loaded; for this, a process loads each task at most once.

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
    option = TASKS[values["name"]]
    return option.load(option.config(**values), data)


@functools.cache
def _check(written: str, data: Path) -> str:
    return _load(written, data).summary


__all__ = ["TASKS", "TaskOption", "check_task", "load_task", "settle_task"]
