"""Check that a sweep compares runs on the same examples; messages say what to write instead.

Task fields that choose the examples cannot be axes, and arms that are compared must agree in them.
Several draws of the examples are replicates; several values of other such fields are conditions
(``hydra.sweeper.across``).
"""

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from ffnn_lab.config import ConfigError, leaves
from ffnn_lab.config.fields import as_override
from ffnn_lab.config.task import CHOOSES_EXAMPLES, DRAWS_EXAMPLES
from ffnn_lab.definition import Arm
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sweeper.grammar import Assignment

MOST_TOLD = 20
"""Most values that a message lists."""
_AS_WRITTEN = {"task.name": "task", "task.sha256": "task.path"}
"""Maps fields that identify a data set to the keys by which a user chooses one."""


def check_moves_no_examples(assignment: Assignment) -> None:
    """Check that an axis does not change the examples on which settings are compared.

    Raises:
        ConfigError: If the axis does; the message has the axis, and what to write instead.
    """
    key, axis = assignment.key, assignment.axis
    values = axis.values if isinstance(axis, Choice) else ()
    if axis is None or not (key == "task.path" or moves_examples(key, values)):
        return
    verb = "decides which examples are drawn" if _is_draw(key) else "changes the examples"
    msg = (
        f"{assignment.text}: {key} {verb}, so settings would be compared on different dev and "
        f"test sets; {_instead(key, values)}"
    )
    raise ConfigError(msg)


def check_one_task(assignment: Assignment) -> None:
    """Check that an assignment does not choose several tasks, which would become different arms.

    Raises:
        ConfigError: If several tasks are chosen; the message says what to write instead.
    """
    if assignment.key == "task" and len(assignment.choices) > 1:
        msg = (
            f"{assignment.text}: arms of different tasks would be compared on different examples; "
            f"{_instead(assignment.key, assignment.choices)}"
        )
        raise ConfigError(msg)


def check_examples(arms: Sequence[Arm]) -> None:
    """Check that all arms of one condition are compared on the same examples.

    Raises:
        ConfigError: If two arms would be compared on different examples; the message has the arms,
            the field in which they differ, and what to write instead.
    """
    for arm in arms:
        other = next(each for each in arms if each.condition == arm.condition)
        of_other, of_arm = leaves(other.config), leaves(arm.config)
        for key in (*_AS_WRITTEN, *of_arm):
            values = of_other.get(key), of_arm.get(key)
            is_moved = key in _AS_WRITTEN or moves_examples(key, values)
            if values[0] == values[1] or not is_moved:
                continue
            written = _AS_WRITTEN.get(key, key)
            if written == "task.path":
                values = of_other[written], of_arm[written]
            msg = (
                f"{written}: the arms {other.name} ({values[0]}) and {arm.name} ({values[1]}) "
                f"would be compared on different examples; {_instead(written, values)}"
            )
            raise ConfigError(msg)


def moves_examples(key: str, values: Iterable[Any]) -> bool:
    """Return True if a field selects different examples where it has different values.

    Args:
        key: Dotted name of the field.
        values: The values that the field takes, which matter for ``task.missing`` alone.
    """
    if key == "task.missing":
        return "drop" in values
    return key.removeprefix("task.") in CHOOSES_EXAMPLES and key.startswith("task.")


def _is_draw(key: str) -> bool:
    return key.removeprefix("task.") in DRAWS_EXAMPLES


def _instead(key: str, values: Sequence[Any]) -> str:
    """Return the end of an error message: what to write in place of several values of a field.

    Args:
        key: Dotted name of a field that chooses the examples.
        values: The values that the user wrote.
    """
    if _is_draw(key):
        n = len(values) if len(values) > 1 else "N"
        return (
            f"each replicate has a draw of its own: write hydra.sweeper.replicates={n}, and give "
            f"{key} at most one value"
        )
    told = ", ".join(as_override(value) for value in values[:MOST_TOLD]) or "..., ..."
    told += ", ..." if len(values) > MOST_TOLD else ""
    text = shlex.quote(f"hydra.sweeper.across={{{key}: [{told}]}}")
    return f"repeat the comparison under each instead: {text}, or start a sweep for each"
