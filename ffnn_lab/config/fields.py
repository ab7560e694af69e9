"""Functions that all config classes share: declared ranges, dotted names, typed copies.

A field declares its range once, beside its type. Messages about wrong values, the rule by which a
bound of a search space is no edge (see `ffnn_lab.edges`), and the description of the records'
columns all read the range there.
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
"""Pattern of text that Hydra's grammar reads as a string although it has no quotes."""
_WORDS = ("null", "true", "false", "nan", "inf")
"""Text that matches `_PLAIN`, but that Hydra's grammar reads as another type than a string."""


def type_hints(part: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass type
    """Return the resolved type hints of a dataclass's fields, by name, without class variables."""
    return _cached_hints(part)


@functools.cache
def _cached_hints(part: Hashable) -> dict[str, Any]:
    hints = typing.get_type_hints(part)
    return {k: v for k, v in hints.items() if typing.get_origin(v) is not typing.ClassVar}


class ConfigError(UserError, ValueError):
    """Raised if a config has a mistake; the message names the field as the user writes it."""


@dataclass(frozen=True)
class Range:
    """An interval of numbers, as mathematics writes it: ``[0, 1)``, ``(0, inf)``.

    ``has_low`` and ``has_high`` are True if the interval includes that bound.
    """

    low: float
    high: float
    has_low: bool
    has_high: bool

    @classmethod
    def parse(cls, text: str) -> "Range":
        """Read a range as mathematics writes it, like ``"[0, 1)"``.

        A square bracket includes the bound beside it, a parenthesis excludes it.
        """
        low, high = (float(bound) for bound in text[1:-1].split(","))
        return cls(low, high, text[0] == "[", text[-1] == "]")

    def __contains__(self, value: float) -> bool:
        """Return True if ``value`` lies inside; NaN lies in no range."""
        above = value >= self.low if self.has_low else value > self.low
        below = value <= self.high if self.has_high else value < self.high
        return above and below

    def __str__(self) -> str:
        """Return the range in words that follow "must": ``be at least 0``."""
        if self.high == math.inf:
            bound = f"{self.low:g}"
            if self.has_low:
                return f"be at least {bound}"
            return "be positive" if self.low == 0 else f"be greater than {bound}"
        brackets = "[" if self.has_low else "(", "]" if self.has_high else ")"
        return f"lie in {brackets[0]}{self.low:g}, {self.high:g}{brackets[1]}"


_NONE = object()
"""Default of arguments for which None is a possible value: the argument was not given."""


# dataclasses.field is typed as its default, so these are as well.
def ranged(interval: str, *, default: Any = _NONE, neutral: Any = _NONE) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a number, such as ``lr``, and the range that it must lie in: ``"(0, inf)"``.

    Args:
        interval: The range, as mathematics writes it.
        default: The field's value if no YAML sets it, as for options from outside the package.
        neutral: The value that older records, which lack the field, have; see `any_value`.
    """
    return _field({"range": Range.parse(interval)}, default, neutral)


def one_of(*options: str, default: Any = _NONE, neutral: Any = _NONE) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a field whose value is one of several words, such as ``trainer.dtype``.

    Args:
        *options: The words.
        default: The field's value if no YAML sets it, as for options from outside the package.
        neutral: The value that older records, which lack the field, have; see `any_value`.
    """
    return _field({"options": options}, default, neutral)


def option_of(kind: str, *more: str, default: Any = _NONE) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a field that names an option, such as ``model.activation``.

    Args:
        kind: The kind of option, a key of ``registry.FOLDERS``.
        *more: Further words that the field may hold, such as ``auto``.
        default: The field's value if no YAML sets it, as for options from outside the package.
    """
    return _field({"kind": kind, "more": more}, default, _NONE)


def any_value(*, default: Any = _NONE, neutral: Any) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a field without a range, which was added after records were first written.

    Args:
        default: The field's value if no YAML sets it, as for options from outside the package.
        neutral: The value with which a run does what it did before the field existed. A run's id
            leaves out a field that holds this value, and a stored config that lacks the field is
            read as if it held this value. So the ids of earlier runs stay the same, and their
            records can be read.
    """
    return _field({}, default, neutral)


def _field(metadata: dict[str, Any], default: Any, neutral: Any) -> Any:  # noqa: ANN401 - as dataclasses.field
    if neutral is not _NONE:
        metadata["neutral"] = neutral
    if default is _NONE:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default_factory=lambda: copy.copy(default), metadata=metadata)


def is_neutral(metadata: Mapping[str, Any], value: object) -> bool:
    """Return True if a field's metadata declare a neutral value, and ``value`` is equal to it."""
    return "neutral" in metadata and bool(metadata["neutral"] == value)


def check(part: Any, prefix: str) -> None:  # noqa: ANN401 - any dataclass of this package
    """Check each field of a config against the range, words or options that the field declares.

    Args:
        part: A config: an instance of a dataclass of this package.
        prefix: The beginning of the fields' dotted names, such as ``trainer.``; may be empty.

    Raises:
        ConfigError: If a value is not allowed; the message names the field as the user writes it,
            what was expected and what came.
    """
    for field in dataclasses.fields(part):
        check_value(getattr(part, field.name), field.metadata, f"{prefix}{field.name}")


def check_value(value: Any, metadata: Mapping[str, Any], name: str) -> None:  # noqa: ANN401 - of any field
    """Check a value, or each entry of a list, against what its field declares.

    Args:
        value: The value; None is always allowed.
        metadata: The field's metadata, with its range, words or kind of option.
        name: The field's dotted name, for the message.

    Raises:
        ConfigError: If the value is not allowed; the message names the field, what was expected
            and what came.
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
    """Return a config's stored values without those that are equal to their neutral value.

    Args:
        stored: Values by the names of their fields.
        part: The config class.
    """
    neutral = neutral_values(part)
    return {key: value for key, value in stored.items() if (key, value) not in neutral.items()}


def leaves(config: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Flatten a config to its leaves, by dotted name, such as ``optimizer.lr``.

    A leaf is a value that is no config itself. The order is that in which fields are declared.
    """
    return {name: value for name, value, _ in walk_leaves(config)}


def walk_leaves(
    config: Any,  # noqa: ANN401 - any dataclass
    prefix: str = "",
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield the dotted name, the value and the field's metadata of each leaf of a config.

    The order is that in which fields are declared. The entries of a dictionary are leaves, sorted
    by name and without metadata.
    """
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
    """Return True if a dotted name is that of a leaf, or of an entry that a dictionary may get."""
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
    """Put leaves that are entries of a dictionary, such as ``arguments.width``, back into it.

    Args:
        flat: Leaves of one config, by name.
        hints: The types of the config's fields, by name.

    Returns:
        Values by the names of their fields; a field whose type is a dictionary holds its entries.
    """
    found = dict(flat)
    for name, hint in hints.items():
        if typing.get_origin(hint) is dict and name not in found:
            own = [key for key in found if key.startswith(f"{name}.")]
            found[name] = {key.removeprefix(f"{name}."): found.pop(key) for key in own}
    return found


def leaf_fields(part: type, prefix: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield the dotted name, type and metadata of each leaf that a config class declares."""
    hints = type_hints(part)
    for field in dataclasses.fields(part):
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            yield from leaf_fields(typing.cast("type", hint), f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, hint, field.metadata


def with_values(config: Part, values: Mapping[str, Any]) -> Part:
    """Copy a config with some leaves changed, which are converted to their types and checked.

    This takes about a tenth of a millisecond; composing a config takes a hundred milliseconds.

    Args:
        config: The config.
        values: New values by dotted name, such as ``optimizer.lr``.

    Raises:
        ConfigError: If the config has no leaf of a name, or a value is of the wrong type or out
            of its range.
    """
    return typing.cast("Part", _with_values(config, values, prefix=""))


def _with_values(part: Any, values: Mapping[str, Any], *, prefix: str) -> Any:  # noqa: ANN401 - any dataclass
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
            msg = f"{prefix}{key} must name a single field of the config, such as optimizer.lr"
            raise ConfigError(msg)
        else:
            changes[name] = coerce(value, hints[name], prefix + name)
    for name, inner in below.items():
        changes[name] = _with_values(getattr(part, name), inner, prefix=f"{prefix}{name}.")
    return dataclasses.replace(part, **changes)


def coerce(value: Any, hint: Any, name: str) -> Any:  # noqa: ANN401, PLR0911 - door of untyped values
    """Convert a value from a command line or YAML to the type that a field declares.

    Args:
        value: The value.
        hint: The field's type hint.
        name: The field's dotted name, for the message.

    Raises:
        ConfigError: If the value cannot be converted without loss, such as 1.5 to an integer.
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
    """Return a value as text that Hydra's grammar reads as this value, to the last digit."""
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

    A shell does so only if the word is not quoted and begins with the tilde. ``~`` before a name
    that no user has is left unchanged.
    """
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises for an unknown user


def describe(hint: Any) -> str:  # noqa: ANN401 - any type hint
    """Return a field's type in words for a message, such as ``an integer or null``."""
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
