"""The interface of a task: its config class, and the functions that settle and read it."""

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
    """Return no values: the config of most tasks says all that can move a number."""
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskOption(Choice):
    """A task that a run may choose; its file imports numpy and the like inside its functions."""

    kind: ClassVar[str] = "task"
    load: Callable[[Any, Path], Task]
    """(its config, the data folder) to the task, read, split and scaled."""
    settle: Callable[[Any, Path], Mapping[str, str]] = settle_nothing
    """(its config, the data folder) to the values of fields that only the data can tell."""
    file_field: str | None = None
    """The field that says where the user's own file lies; None for a task that has none."""


TASKS = View(TaskOption)
"""All tasks, by name."""
