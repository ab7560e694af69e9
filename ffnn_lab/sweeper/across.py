"""The conditions under which a comparison is repeated: ``hydra.sweeper.across``, read and checked.

Each entry is a leaf of a run's config or a config group, and its values; the conditions are their
product. Arms are compared under one condition at a time, never between two.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import as_override
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.config.task import DRAWS_EXAMPLES
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sweeper.grammar import Assignment, read_entry

FIELD = "hydra.sweeper.across"
EXAMPLE = f"{FIELD}={{task.n: [25, 50]}}"

ConditionAsWritten = tuple[Assignment, ...]
"""One value of each entry."""


def read_across(
    written: Mapping[str, Any], *, is_group: Callable[[str], bool]
) -> list[ConditionAsWritten]:
    """Read the conditions of a sweep.

    Args:
        written: The values of each key: text in Hydra's grammar, a list of values, or one value.
        is_group: Returns True if a key is a config group.

    Returns:
        The product of all values, in which the last key changes fastest; one empty condition if
        there are no keys.

    Raises:
        ConfigError: For a key that cannot be a condition, or values that are not finitely many.
    """
    of_keys = []
    for key, value in written.items():
        _check_key(key, value)
        values = _values(key, value)
        for each in values:
            _check_value(key, each, is_group=is_group(key))
        if len({repr(each) for each in values}) < len(values):
            msg = f"{FIELD}: {key}: a value is named twice in {as_override(list(values))}"
            raise ConfigError(msg)
        of_keys.append([Assignment(key, e, None, f"{key}={as_override(e)}") for e in values])
    return list(itertools.product(*of_keys))


def _values(key: str, value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - what YAML holds
    """Return the values of an entry: those of a list, or of text in the grammar of an axis."""
    if isinstance(value, list | tuple):
        values: tuple[Any, ...] = tuple(value)
    else:
        read = read_entry(key, value)
        if read.axis is not None and (not isinstance(read.axis, Choice) or read.axis.grows):
            msg = (
                f"{FIELD}: {key}: a condition has finitely many values, which do not grow; list "
                f"them, as {EXAMPLE}; got {value}"
            )
            raise ConfigError(msg)
        values = read.choices
    if not values:
        msg = f"{FIELD}: {key}: there is no value in {value}; list them, as {EXAMPLE}"
        raise ConfigError(msg)
    return values


def _check_key(key: str, value: Any) -> None:  # noqa: ANN401 - what YAML holds
    """Refuse a key that cannot be a condition.

    Raises:
        ConfigError: Naming the key, the reason and what to do.
    """
    told = f"{FIELD}: {key}"
    if key.removeprefix("task.") in DRAWS_EXAMPLES and key.startswith("task."):
        n = f"{len(value)}" if isinstance(value, list) and len(value) > 1 else "N"
        msg = (
            f"{told} draws the examples, and each replicate has its own draw; write "
            f"hydra.sweeper.replicates={n} instead"
        )
        raise ConfigError(msg)
    if key == "seed":
        msg = f"{told}: seeds are no condition; list the tuning seeds, as seed=0,1,2"
        raise ConfigError(msg)
    if key == "device":
        msg = f"{told}: a sweep is trained on one kind of device; give it one value, as device=cpu"
        raise ConfigError(msg)
    if key == "tracking" or (key.startswith(MOVES_NO_NUMBER) and key != "task.path"):
        msg = f"{told} moves no number: set it for the whole sweep"
        raise ConfigError(msg)


def _check_value(key: str, value: Any, *, is_group: bool) -> None:  # noqa: ANN401 - as above
    if is_group and not isinstance(value, str):
        msg = f"{FIELD}: {key} takes names of its options, got {as_override(value)}"
        raise ConfigError(msg)
    if isinstance(value, str) and "${" in value:
        msg = f"{FIELD}: {key}: an interpolation is no condition; write its value, got {value}"
        raise ConfigError(msg)


def check_only_there(keys: Iterable[str], others: Sequence[tuple[str, str]]) -> None:
    """Refuse conditions whose keys are also set elsewhere.

    Args:
        keys: The keys of the conditions.
        others: (place, key) for each value that is written elsewhere.

    Raises:
        ConfigError: Naming the key and both places.
    """
    for key in keys:
        places = [where for where, other in others if other == key]
        if places:
            msg = (
                f"{FIELD}: {key} is a condition, and {places[0]} sets it, too; write it in one "
                "place"
            )
            raise ConfigError(msg)
