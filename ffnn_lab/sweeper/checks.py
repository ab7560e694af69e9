"""What a sweep refuses before anything trains: axes that are none, and names that are unsafe."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ffnn_lab.config import ConfigError, leaves
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.config.task import CHOOSES_EXAMPLES
from ffnn_lab.definition import Arm, Choice
from ffnn_lab.sweeper.grammar import Assignment

MOST_BYTES = 200
"""Longest name of a sweep in UTF-8; file systems take 255, and suffixes follow."""
_OF_SINGLE_RUNS = re.compile(r"run-[0-9a-f]{12}")
"""Names of the folders of single runs."""


def check_axis(assignment: Assignment) -> None:
    """Refuse an axis along which there is nothing to tune.

    Raises:
        ConfigError: Naming the axis, the reason and what to do.
    """
    key, axis = assignment.key, assignment.axis
    if axis is None:
        return
    if key == "task.path":
        msg = "task.path: each table of a sweep needs an arm of its own, in hydra.sweeper.arms"
        raise ConfigError(msg)
    if key.startswith(MOVES_NO_NUMBER):
        msg = f"{key} moves no number: give it one value"
        raise ConfigError(msg)
    if key == "device":
        msg = "device: a sweep is trained on one kind of device; give it one value"
        raise ConfigError(msg)
    values = axis.values if isinstance(axis, Choice) else ()
    if key == "trainer.compile" and "auto" in values and len(values) > 1:
        msg = "trainer.compile: an axis takes true and false; auto only chooses one of the two"
        raise ConfigError(msg)
    if _moves_examples(key, values):
        msg = (
            f"{assignment.text}: {key} chooses the examples, so settings would be compared on "
            "different dev and test sets; give it one value, and start a sweep for each"
        )
        raise ConfigError(msg)


def check_examples(arms: Sequence[Arm]) -> None:
    """Refuse arms of one data set that would be compared on different examples.

    Raises:
        ConfigError: Naming the field, and two arms that differ in it.
    """
    first: dict[tuple[Any, ...], tuple[str, Any]] = {}
    for arm in arms:
        has = leaves(arm.config)
        data = tuple(has.get(f"task.{name}") for name in ("name", "sha256", "target", "kind"))
        for key, value in has.items():
            other, theirs = first.setdefault((*data, key), (arm.name, value))
            if value != theirs and _moves_examples(key, (value, theirs)):
                msg = (
                    f"{key}: the arms {other} ({theirs}) and {arm.name} ({value}) would be "
                    "compared on different examples; give all arms one value, and start a sweep "
                    "for each"
                )
                raise ConfigError(msg)


def _moves_examples(key: str, values: Iterable[Any]) -> bool:
    """Return whether a field, where it has these values, chooses other examples for each."""
    if key == "task.missing":
        return "drop" in values
    return key.removeprefix("task.") in CHOOSES_EXAMPLES and key.startswith("task.")


def check_arm_names(names: Sequence[str]) -> None:
    """Refuse two arms of one name, of which one would be lost.

    Raises:
        ConfigError: Naming it.
    """
    for name in names:
        if names.count(name) > 1:
            msg = f"hydra.sweeper.arms: two arms are called {name}; an arm needs a name of its own"
            raise ConfigError(msg)


def check_name(name: str, field: str) -> None:
    """Refuse a name that is no safe name of a folder under ``paths.outputs``.

    Args:
        name: The sweep's name.
        field: Where the user wrote it.

    Raises:
        ConfigError: Naming the field, what was expected and what came.
    """
    reason = None
    if not name or not (name[0].isalnum() or name[0] == "_"):
        reason = "must begin with a letter or a digit"
    elif any(sign in name for sign in "/\\") or not name.isprintable():
        reason = "must be the name of one folder, without / and \\ and control characters"
    elif len(name.encode()) > MOST_BYTES:
        reason = f"must have at most {MOST_BYTES} bytes, has {len(name.encode())}"
    elif _OF_SINGLE_RUNS.fullmatch(name):
        reason = "must not look like the folder of a single run"
    elif name != name.strip():
        reason = "must not end in a space"
    if reason is not None:
        got = name if name.isprintable() else repr(name)
        msg = f"{field} names a folder under paths.outputs; it {reason}; got {got or 'nothing'}"
        raise ConfigError(msg)
