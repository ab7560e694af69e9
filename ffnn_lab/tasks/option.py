"""The interface of a task: its config class, and functions that complete it and read the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View

if TYPE_CHECKING:
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


def settle_nothing(_config: Any, _data: Path) -> Mapping[str, str]:  # noqa: ANN401 - any task's
    """Return no values: most tasks have no field that depends on the data."""
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskOption(Choice):
    """A task that a run may choose; its file imports numpy and the like inside its functions."""

    kind: ClassVar[str] = "task"
    load: Callable[[Any, Path], Task]
    """Function of (the task's config, the data folder) that returns the task, read, split and
    scaled."""
    settle: Callable[[Any, Path], Mapping[str, str]] = settle_nothing
    """Function of (the task's config, the data folder) that returns the values, by name, of the
    config's fields that depend on the data."""
    file_field: str | None = None
    """Name of the field with the path of the user's own file; None for a task without one."""


TASKS = View(TaskOption)
"""All tasks, by name."""
