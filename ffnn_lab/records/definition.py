"""Store and read ``definition.json``: what a sweep was asked to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.config import ConfigError, from_leaves
from ffnn_lab.config.fields import check_value, coerce, leaf_fields, neutral_values
from ffnn_lab.config.sweep import STORED_OPTIONS
from ffnn_lab.records.errors import RecordError
from ffnn_lab.records.sealed import DamagedError, read_sealed, write_sealed

_PLAIN = {"name": str, "command": str, "population_size": int, "id": str}
_NEEDED = {
    "protocol": ("name", "n_settings", "n_parallel", "seed", "max_points"),
    "objective": ("split", "metric", "moment", "aggregate"),
    "pruner": ("name",),
}
_STAGES = ("tune", "confirm")
_WHOLE = ("name", "command", "arms", *STORED_OPTIONS, *_STAGES, "population_size")
"""What a definition has that work can go on with; beside it an ``id`` and ``sessions``."""


def write_definition(folder: Path, definition: Mapping[str, Any]) -> None:
    """Store what a sweep was asked to do, with a checksum, whole or not at all."""
    write_sealed(folder / "definition.json", definition)


def read_definition(folder: Path, *, is_whole: bool = False) -> dict[str, Any] | None:
    """Read what a sweep was asked to do.

    Args:
        folder: The sweep's.
        is_whole: Whether everything is needed with which work goes on, configs included.

    Returns:
        The definition, options that are newer than it at their neutral values; None if the folder
        has none.

    Raises:
        RecordError: If the file is damaged, or of a version that this one cannot read.
    """
    path = folder / "definition.json"
    if not path.exists():
        return None
    try:
        contents = read_sealed(path)
        _check(contents, is_whole=is_whole)
    except (OSError, DamagedError, ConfigError) as error:
        msg = (
            f"{path} cannot be read ({error}); restore it from a copy, or delete it and repeat "
            "the sweep's command exactly: what is recorded stays"
        )
        raise RecordError(msg) from error
    for name, part in STORED_OPTIONS.items():
        if name in contents:
            contents[name] = neutral_values(part) | contents[name]
    return contents


def _check(contents: Mapping[str, Any], *, is_whole: bool) -> None:
    """Check that each field is known and holds what it may hold.

    Raises:
        DamagedError: If a field is unknown, missing or no such thing.
        ConfigError: If a value is of the wrong type or out of its range.
    """
    _know(contents, (*_WHOLE, "id", "sessions"), needed=_WHOLE if is_whole else (), prefix="")
    for name, kind in _PLAIN.items():
        if name in contents:
            coerce(contents[name], kind, name)
    for name, part in STORED_OPTIONS.items():
        if name in contents:
            needed = _NEEDED[name] if is_whole else ()
            _check_options(_mapping(contents[name], name), part, needed, name)
    for name in _STAGES:
        if name in contents:
            _know(_mapping(contents[name], name), ("seeds",), needed=("seeds",), prefix=f"{name}.")
            coerce(contents[name]["seeds"], list[int], f"{name}.seeds")
    for session in coerce(contents.get("sessions", []), list[Any], "sessions"):
        _mapping(session, "each of sessions")
    for name, arm in _mapping(contents.get("arms", {}), "arms").items():
        _check_arm(_mapping(arm, f"arms.{name}"), f"arms.{name}.", is_whole=is_whole)


def _check_options(
    stored: Mapping[str, Any], part: type, needed: tuple[str, ...], name: str
) -> None:
    declared = {key: (hint, metadata) for key, hint, metadata in leaf_fields(part)}
    if name == "protocol":  # how many settings are asked for together follows from the arms
        declared["n_parallel"] = (int, {})
    if stored.get("moment") == "mean_last":
        needed = (*needed, "n_last")
    _know(stored, tuple(declared), needed=needed, prefix=f"{name}.")
    for key, value in stored.items():
        hint, metadata = declared[key]
        check_value(coerce(value, hint, f"{name}.{key}"), metadata, f"{name}.{key}")


def _check_arm(arm: Mapping[str, Any], prefix: str, *, is_whole: bool) -> None:
    known = ("overrides", "space", "config")
    _know(arm, known, needed=known if is_whole else ("overrides", "space"), prefix=prefix)
    coerce(arm["overrides"], list[str], f"{prefix}overrides")
    for key, axis in _mapping(arm["space"], f"{prefix}space").items():
        _check_axis(_mapping(axis, f"{prefix}space.{key}"), f"{prefix}space.{key}.")
    if is_whole:
        from_leaves(_mapping(arm["config"], f"{prefix}config"))


def _check_axis(axis: Mapping[str, Any], prefix: str) -> None:
    if axis.get("kind") == "choice":
        _know(axis, ("kind", "values", "grows"), needed=("values",), prefix=prefix)
        coerce(axis["values"], list[Any], f"{prefix}values")
        coerce(axis.get("grows", False), bool, f"{prefix}grows")
        return
    check_value(axis.get("kind"), {"options": ("choice", "int", "float")}, f"{prefix}kind")
    names = ("kind", "low", "high", "log")
    _know(axis, names, needed=names, prefix=prefix)
    for name in ("low", "high"):
        coerce(axis[name], float, prefix + name)
    coerce(axis["log"], bool, f"{prefix}log")


def _mapping(value: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        msg = f"{name} must hold named values, got {value!r}"
        raise DamagedError(msg)
    return value


def _know(
    stored: Mapping[str, Any], known: tuple[str, ...], *, needed: tuple[str, ...], prefix: str
) -> None:
    for name in stored:
        if name not in known:
            msg = f"{prefix}{name} is no field that this version of ffnn_lab knows"
            raise DamagedError(msg)
    for name in needed:
        if name not in stored:
            msg = f"{prefix}{name} is missing"
            raise DamagedError(msg)
