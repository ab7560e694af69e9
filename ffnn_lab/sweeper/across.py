"""Read and check ``hydra.sweeper.across``: the conditions under which a comparison is repeated.

Each entry of this option maps the dotted name of a config's field, or a config group, to values.
Each combination of one value per entry is a condition. Arms are compared within one condition,
never between two.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import as_override
from ffnn_lab.config.run import may_vary
from ffnn_lab.config.task import DRAWS_EXAMPLES
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sweeper.grammar import Assignment, read_entry

FIELD = "hydra.sweeper.across"
EXAMPLE = f"{FIELD}={{task.n: [25, 50]}}"

ConditionAsWritten = tuple[Assignment, ...]
"""A condition before it is applied to an arm: one assignment for each entry of ``across``."""


def read_across(
    written: Mapping[str, Any], *, is_group: Callable[[str], bool]
) -> list[ConditionAsWritten]:
    """Read the conditions of a sweep.

    Args:
        written: The values of each key: text in Hydra's grammar, a list of values, or one value.
        is_group: Returns True if a key is a config group.

    Returns:
        Every combination of the values, each of them a condition; the last key changes fastest. If
        there are no keys, one empty condition.

    Raises:
        ConfigError: If a key cannot be a condition, has no values or infinitely many, has a value
            twice, or has a value that cannot be part of a condition.
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
    """Return the values of one entry, written as a list, one value, or text in Hydra's grammar.

    Raises:
        ConfigError: If there are no values, or infinitely many, or if they are those of a growing
            axis.
    """
    if isinstance(value, list | tuple):
        values: tuple[Any, ...] = tuple(value)
    else:
        read = read_entry(key, value)
        if read.axis is not None and (not isinstance(read.axis, Choice) or read.axis.grows):
            msg = (
                f"{FIELD}: {key}: the values of a condition must be listed, and do not grow; "
                f"write them as {EXAMPLE}; got {value}"
            )
            raise ConfigError(msg)
        values = read.choices
    if not values:
        msg = f"{FIELD}: {key}: there is no value in {value}; list values, as {EXAMPLE}"
        raise ConfigError(msg)
    return values


def _check_key(key: str, value: Any) -> None:  # noqa: ANN401 - what YAML holds
    """Check that a key can be set by conditions.

    Args:
        key: Dotted name of a field, or a config group.
        value: The values as written. If they draw the examples, the message suggests as many
            replicates.

    Raises:
        ConfigError: If the key draws examples, changes no result, or is ``seed`` or ``device``;
            the message has the key, the reason and what to do.
    """
    told = f"{FIELD}: {key}"
    if key.removeprefix("task.") in DRAWS_EXAMPLES and key.startswith("task."):
        n = f"{len(value)}" if isinstance(value, list) and len(value) > 1 else "N"
        msg = (
            f"{told} decides which examples are drawn, and each replicate draws its own; write "
            f"hydra.sweeper.replicates={n} instead"
        )
        raise ConfigError(msg)
    if key == "seed":
        msg = f"{told}: the seed cannot be a condition; list the tuning seeds, as seed=0,1,2"
        raise ConfigError(msg)
    if key == "device":
        msg = f"{told}: a sweep is trained on one kind of device; give it one value, as device=cpu"
        raise ConfigError(msg)
    if key == "tracking" or not may_vary(key):
        msg = f"{told} does not affect results: set it for the whole sweep"
        raise ConfigError(msg)


def _check_value(key: str, value: Any, *, is_group: bool) -> None:  # noqa: ANN401 - as above
    if is_group and not isinstance(value, str):
        msg = f"{FIELD}: {key} takes names of its options, got {as_override(value)}"
        raise ConfigError(msg)
    if isinstance(value, str) and "${" in value:
        msg = f"{FIELD}: {key}: a condition cannot be interpolated; write its value, got {value}"
        raise ConfigError(msg)


def check_only_there(keys: Iterable[str], others: Sequence[tuple[str, str]]) -> None:
    """Check that the keys that conditions set are set nowhere else.

    Args:
        keys: The keys of the conditions.
        others: (place, key) for each value of a run that the user wrote outside the conditions,
            with the place as messages name it.

    Raises:
        ConfigError: If a key is also set elsewhere; the message has the key and both places.
    """
    for key in keys:
        places = [where for where, other in others if other == key]
        if places:
            msg = (
                f"{FIELD}: {key} is a condition, and {places[0]} sets it, too; write it in one "
                "place"
            )
            raise ConfigError(msg)
