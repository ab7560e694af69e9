"""Tasks: data, split, loss and metric together; one light file for each, and ``data/``."""

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
"""Tasks that a process keeps: a sweep trains population after population on the same, and those of
photographs take 0.7 GB each."""


def settle_task(config: RunConfig) -> RunConfig:
    """Replace what only the data can say: a run's id needs to know which table it learns from.

    Raises:
        UserError: If the data are not there, or cannot be learned from.
    """
    settled = TASKS[config.task.name].settle(config.task, Path(config.paths.data))
    return with_values(config, {f"task.{key}": value for key, value in settled.items()})


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
        return TASKS[config.name].load(config, data)
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
    option = TASKS[values["name"]]
    return option.load(option.config(**values), data)


@functools.cache
def _check(written: str, data: Path) -> str:
    return _load(written, data).summary


__all__ = ["TASKS", "TaskOption", "check_task", "load_task", "settle_task"]
