"""Functions that all parts of a config share: declared ranges, dotted names, typed copies.

A field declares its range once, beside its type; the message about a wrong value, the plan of a
sweep (which bound is a natural one) and the schema of the records all read it there.
"""

import copy
import dataclasses
import enum
import functools
import math
import os
import re
import types
import typing
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, Union

from ffnn_lab import registry
from ffnn_lab.errors import UserError

Part = TypeVar("Part")

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*")
"""Text that Hydra's grammar reads as a string without quotes."""
_WORDS = ("null", "true", "false", "nan", "inf")
"""Words among such text that Hydra's grammar reads as another type."""


def type_hints(part: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass type
    """Return the resolved types of a class's fields, by name."""
    return _cached_hints(part)


@functools.cache
def _cached_hints(part: Hashable) -> dict[str, Any]:
    hints = typing.get_type_hints(part)
    return {k: v for k, v in hints.items() if typing.get_origin(v) is not typing.ClassVar}


class ConfigError(UserError, ValueError):
    """A mistake in a config: the message names the field as the user writes it."""


@dataclass(frozen=True)
class Range:
    """An interval of numbers, as mathematics writes it: ``[0, 1)``, ``(0, inf)``."""

    low: float
    high: float
    has_low: bool
    has_high: bool

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read a range as mathematics writes it, like ``"[0, 1)"``.

        A square bracket includes its bound, a round one does not.
        """
        low, high = (float(bound) for bound in text[1:-1].split(","))
        return cls(low, high, text[0] == "[", text[-1] == "]")

    def __contains__(self, value: float) -> bool:
        """Return True if ``value`` lies inside; NaN lies in no range."""
        above = value >= self.low if self.has_low else value > self.low
        below = value <= self.high if self.has_high else value < self.high
        return above and below

    def __str__(self) -> str:
        """Return the range as a sentence needs it: ``be at least 0``."""
        if self.high == math.inf:
            bound = f"{self.low:g}"
            if self.has_low:
                return f"be at least {bound}"
            return "be positive" if self.low == 0 else f"be greater than {bound}"
        brackets = "[" if self.has_low else "(", "]" if self.has_high else ")"
        return f"lie in {brackets[0]}{self.low:g}, {self.high:g}{brackets[1]}"


_NONE = object()
"""Stands for "not given", where None may be a value."""


# dataclasses.field is typed as its default, so these are as well.
def ranged(interval: str, *, default: Any = _NONE, neutral: Any = _NONE) -> Any:  # noqa: ANN401
    """Declare a number, such as ``lr``, and the range that it must lie in: ``"(0, inf)"``.

    Args:
        interval: The range, as mathematics writes it.
        default: Its value where no YAML gives one, as for options from outside the package.
        neutral: See `any_value`.
    """
    return _field({"range": Range.parse(interval)}, default, neutral)


def one_of(*options: str, default: Any = _NONE, neutral: Any = _NONE) -> Any:  # noqa: ANN401
    """Declare the words that a field may hold.

    Args:
        *options: The words.
        default: See `ranged`.
        neutral: See `any_value`.
    """
    return _field({"options": options}, default, neutral)


def option_of(kind: str, *more: str, default: Any = _NONE) -> Any:  # noqa: ANN401 - as above
    """Declare a field that names an option, such as ``model.activation``.

    Args:
        kind: The kind of option, a key of ``registry.FOLDERS``.
        *more: Words that the field may hold as well, such as ``auto``.
        default: See `ranged`.
    """
    return _field({"kind": kind, "more": more}, default, _NONE)


def any_value(*, default: Any = _NONE, neutral: Any) -> Any:  # noqa: ANN401 - as above
    """Declare a field that was added after records were first written.

    Args:
        default: See `ranged`.
        neutral: The value with which a run is what it was before the field existed. A run's id
            leaves out a field that holds this value, and a stored config that lacks the field is
            read as if it held this value. So earlier ids stay, and earlier records can be read.
    """
    return _field({}, default, neutral)


def _field(metadata: dict[str, Any], default: Any, neutral: Any) -> Any:  # noqa: ANN401
    if neutral is not _NONE:
        metadata["neutral"] = neutral
    if default is _NONE:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default_factory=lambda: copy.copy(default), metadata=metadata)


def is_neutral(metadata: Mapping[str, Any], value: object) -> bool:
    """Return whether a field declares a neutral value and ``value`` is it."""
    return "neutral" in metadata and bool(metadata["neutral"] == value)


def check(part: Any, prefix: str) -> None:  # noqa: ANN401 - any dataclass of this package
    """Check each field of ``part`` against what it declares.

    Args:
        part: A dataclass of this package.
        prefix: The dotted name of ``part`` in the run's config, with its final dot.

    Raises:
        ConfigError: Naming the field as the user writes it, what was expected and what came.
    """
    for field in dataclasses.fields(part):
        check_value(getattr(part, field.name), field.metadata, f"{prefix}{field.name}")


def check_value(value: Any, metadata: Mapping[str, Any], name: str) -> None:  # noqa: ANN401
    """Check one value, or each of a list, against what its field declares.

    Raises:
        ConfigError: Naming the field, what was expected and what came.
    """
    for each in value if isinstance(value, list) else [value]:
        if each is None:
            continue
        expected = metadata.get("range")
        if expected is not None and each not in expected:
            msg = f"{name} must {expected}, got {value}"
            raise ConfigError(msg)
        kind = metadata.get("kind")
        options = metadata.get("options")
        if kind is not None:
            options = (*metadata["more"], *registry.options(kind))
        if options is not None and each not in options:
            msg = f"{name} must be one of {', '.join(options)}; got {value}"
            raise ConfigError(msg)


def neutral_values(part: type) -> dict[str, Any]:
    """Return the neutral value of each field of a config class that declares one, by name."""
    return {
        field.name: copy.copy(field.metadata["neutral"])  # it may be a list
        for field in dataclasses.fields(part)
        if "neutral" in field.metadata
    }


def without_neutral(stored: Mapping[str, Any], part: type) -> dict[str, Any]:
    """Return values by the names of a config class's fields, without those that are neutral."""
    neutral = neutral_values(part)
    return {key: value for key, value in stored.items() if (key, value) not in neutral.items()}


def leaves(config: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Flatten a config to its leaves, by dotted name, in the order of declaration."""
    return {name: value for name, value, _ in walk_leaves(config)}


def walk_leaves(
    config: Any,  # noqa: ANN401 - any dataclass
    prefix: str = "",
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Walk a config: dotted name, value and metadata of each leaf, in the order of declaration."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from walk_leaves(value, f"{prefix}{field.name}.")
        elif isinstance(value, dict):
            for name in sorted(value):
                yield f"{prefix}{field.name}.{name}", value[name], {}
        else:
            yield prefix + field.name, value, field.metadata


def has_leaf(config: Any, name: str) -> bool:  # noqa: ANN401 - any dataclass
    """Return True if a config has a leaf of a dotted name, or a dictionary that may get one."""
    own, _, rest = name.partition(".")
    if isinstance(config, dict):
        return True
    if own not in {field.name for field in dataclasses.fields(config)}:
        return False
    value = getattr(config, own)
    if rest:
        return (dataclasses.is_dataclass(value) or isinstance(value, dict)) and has_leaf(
            value, rest
        )
    return not (dataclasses.is_dataclass(value) or isinstance(value, dict))


def folded(flat: Mapping[str, Any], hints: Mapping[str, Any]) -> dict[str, Any]:
    """Rebuild the dictionary of each field that holds one from its leaves.

    Args:
        flat: Leaves by name, such as ``arguments.width``.
        hints: The types of the fields, by name.
    """
    found = dict(flat)
    for name, hint in hints.items():
        if typing.get_origin(hint) is dict and name not in found:
            own = [key for key in found if key.startswith(f"{name}.")]
            found[name] = {key.removeprefix(f"{name}."): found.pop(key) for key in own}
    return found


def leaf_fields(part: type, prefix: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Walk a config class: dotted name, type and metadata of each leaf it declares."""
    hints = type_hints(part)
    for field in dataclasses.fields(part):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from leaf_fields(typing.cast("type", hint), f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, hint, field.metadata


def with_values(config: Part, values: Mapping[str, Any]) -> Part:
    """Copy a config with some leaves changed, typed and checked as if composed anew.

    Takes about a tenth of a millisecond, where composing takes a hundred.

    Raises:
        ConfigError: For a name the config does not have, a value of the wrong type, or one
            out of its range.
    """
    return typing.cast("Part", _with_values(config, values, prefix=""))


def _with_values(part: Any, values: Mapping[str, Any], *, prefix: str) -> Any:  # noqa: ANN401
    hints = type_hints(type(part))
    names = [field.name for field in dataclasses.fields(part)]
    changes: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        name, _, rest = key.partition(".")
        if name not in names:
            msg = (
                f"{prefix}{key}: there is no such field; {prefix.rstrip('.') or 'a run'} "
                f"({type(part).__name__}) has {', '.join(names)}"
            )
            raise ConfigError(msg)
        if rest and dataclasses.is_dataclass(getattr(part, name)):
            below.setdefault(name, {})[rest] = value
        elif rest and isinstance(getattr(part, name), dict):
            changes.setdefault(name, dict(getattr(part, name)))[rest] = value
        elif rest or dataclasses.is_dataclass(getattr(part, name)):
            msg = f"{prefix}{key} does not name a single value of the config"
            raise ConfigError(msg)
        else:
            changes[name] = coerce(value, hints[name], prefix + name)
    for name, inner in below.items():
        changes[name] = _with_values(getattr(part, name), inner, prefix=f"{prefix}{name}.")
    return dataclasses.replace(part, **changes)


def coerce(value: Any, hint: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 - door of untyped values
    """Turn a value from a command line or YAML into the type that a field declares.

    Raises:
        ConfigError: If it cannot be done without loss (``1.5`` for an integer, say).
    """
    if hint is Any:
        return value
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in typing.get_args(hint):
            return None
        for option in typing.get_args(hint):
            try:
                return coerce(value, option, name)
            except ConfigError:
                continue
    elif origin is list and isinstance(value, list | tuple):
        return [coerce(each, typing.get_args(hint)[0], name) for each in value]
    elif origin is dict and isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    elif hint is bool and isinstance(value, bool):
        return value
    elif hint is int and _is_whole(value):
        return int(value)
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif hint is str and isinstance(value, str):
        return value
    msg = f"{name} must be {describe(hint)}, got {value!r}"
    raise ConfigError(msg)


def _is_whole(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def as_override(value: Any) -> str:  # noqa: ANN401 - what YAML holds
    """Write a value so that Hydra's grammar reads it back the same, floats to the last digit."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(as_override(each) for each in value)}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{as_override(each)}' for key, each in value.items())}}}"
    if isinstance(value, str) and not (_PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        quoted = re.sub(r'(\\*)("|$)', r"\1\1\2", value).replace('"', '\\"')
        return f'"{quoted}"'
    return str(value)


def home(text: str) -> Path:
    """Return a path with ``~`` and ``~user`` at its beginning replaced by that home folder.

    A shell does so only where nothing is quoted and nothing stands before the tilde. The name of
    no user is left as it is.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises for an unknown user


def describe(hint: Any) -> str:  # noqa: ANN401 - any type hint
    """Return the name of a field's type for a reader of YAML."""
    if typing.get_origin(hint) in (Union, types.UnionType):
        return " or ".join(describe(option) for option in typing.get_args(hint))
    if typing.get_origin(hint) is list:
        item = describe(typing.get_args(hint)[0]).partition(" ")[2]
        return f"a list of {item}s"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " or ".join(hint.__members__)
    if typing.get_origin(hint) is dict:
        return "names with values, such as {width: 32}"
    words = {int: "an integer", float: "a number", str: "a word", bool: "true or false"}
    return words.get(hint, "null" if hint is type(None) else str(hint))
