"""Write and read ``definition.json``; each value that is read is checked and converted."""

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ffnn_lab.config import ConfigError
from ffnn_lab.config.fields import check_value, coerce, leaf_fields, neutral_values
from ffnn_lab.config.sweep import STORED_OPTIONS
from ffnn_lab.definition.definition import Arm, Definition, Examples, Method
from ffnn_lab.definition.errors import RecordError
from ffnn_lab.definition.sealed import DamagedError, read_sealed, write_sealed
from ffnn_lab.look import Look
from ffnn_lab.protocols.space import Axis, Choice, Interval

FILE = "definition.json"
_STAGES = ("tune", "confirm")
_NEEDED = ("name", "command", "arms", *STORED_OPTIONS, *_STAGES, "population_size")
_OPTIONAL = (
    *("replicates", "splits", "until", "settled_after", "examples"),
    *("baseline", "contrasts", "options", "id", "sessions"),
)
_NO_PRUNER = {"name": "none"}


def write_definition(folder: Path, definition: Definition) -> None:
    """Write a sweep's definition and its checksum into a folder, whole or not at all."""
    write_sealed(folder / FILE, to_json(definition))


def read_definition(folder: Path, *, is_whole: bool = False) -> Definition | None:
    """Read the definition of a sweep.

    Args:
        folder: The sweep's folder.
        is_whole: True if the arms' configs must be there and fit this version. A report, or a
            count of the runs, does not need them.

    Returns:
        The definition, in which fields that are newer than the file have their neutral values;
        None if the folder has no definition.

    Raises:
        RecordError: If the file is damaged, or was written by a version of the lab that this
            version cannot read.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return from_json(read_sealed(path), is_whole=is_whole)
    except (OSError, DamagedError, ConfigError) as error:
        msg = (
            f"{path} cannot be read ({error}); restore it from a copy, or delete it and repeat "
            "the sweep's command exactly: recorded runs are kept"
        )
        raise RecordError(msg) from error


def stored_definition(folder: Path, *, is_whole: bool = False) -> Definition:
    """Read the definition that a sweep's folder must hold.

    Args:
        folder: The sweep's folder.
        is_whole: True if the arms' configs must be there, see `read_definition`.

    Raises:
        RecordError: If the folder has no definition, or the definition cannot be read.
    """
    definition = read_definition(folder, is_whole=is_whole)
    if definition is None:
        msg = f"{folder} has no {FILE}, the file that says what its sweep was asked to do"
        raise RecordError(msg)
    return definition


# --- to JSON ------------------------------------------------------------------------------------


def to_json(definition: Definition) -> dict[str, Any]:
    """Convert a definition to the contents of ``definition.json``."""
    objective = asdict(definition.objective)
    if definition.objective.moment != "mean_last":
        del objective["n_last"]
    contents = {
        "name": definition.name,
        "command": definition.command,
        "arms": {arm.name: _arm_to_json(arm) for arm in definition.arms},
        "protocol": asdict(definition.protocol),
        "objective": objective,
        "tune": {"seeds": list(definition.tune_seeds)},
        "confirm": {"seeds": list(definition.confirm_seeds)},
        "pruner": asdict(definition.pruner) if definition.pruner else dict(_NO_PRUNER),
        "population_size": definition.population_size,
        "replicates": definition.n_replicates if definition.n_replicates > 1 else None,
        "splits": definition.n_splits,
        "until": definition.until if definition.until != "all" else None,
        "settled_after": definition.settled_after,
        "examples": asdict(definition.examples) if definition.examples else None,
        "baseline": definition.baseline,
        "contrasts": [list(pair) for pair in definition.contrasts or ()],
        "options": _methods_to_json(definition.methods),
        "id": definition.id,
        "sessions": [dict(session) for session in definition.sessions],
    }
    return {key: value for key, value in contents.items() if value or key not in _OPTIONAL}


def _arm_to_json(arm: Arm) -> dict[str, Any]:
    under = {"base": arm.base, "condition": dict(arm.condition)} if arm.condition else {}
    return {
        "overrides": list(arm.overrides),
        "space": {key: _axis_to_json(axis) for key, axis in arm.space.items()},
        "config": dict(arm.leaves),
        **under,
    }


def _methods_to_json(methods: Mapping[str, Method]) -> dict[str, Any]:
    stored = {name: asdict(method) for name, method in methods.items()}
    return {"optimizer": stored} if stored else {}


def _axis_to_json(axis: Axis) -> dict[str, Any]:
    if isinstance(axis, Choice):
        growth = {"grows": True} if axis.grows else {}
        return {"kind": "choice", "values": list(axis.values), **growth}
    contents = asdict(axis)
    return {"kind": "int" if contents.pop("is_int") else "float", **contents}


# --- from JSON ----------------------------------------------------------------------------------


def from_json(contents: Mapping[str, Any], *, is_whole: bool = False) -> Definition:
    """Convert the contents of ``definition.json`` to a definition.

    Args:
        contents: The contents, without the checksum.
        is_whole: True if the arms' configs must be there, see `read_definition`.

    Raises:
        DamagedError: If a field is unknown, missing or malformed.
        ConfigError: If a value is of the wrong type or out of its range.
    """
    _know(contents, (*_NEEDED, *_OPTIONAL), needed=_NEEDED, prefix="")
    protocol = _mapping(contents["protocol"], "protocol")
    objective = _mapping(contents["objective"], "objective")
    pruner = _mapping(contents["pruner"], "pruner")
    if objective.get("moment") != "mean_last":
        objective = {"n_last": 1} | objective
    arms = {
        name: _mapping(arm, f"arms.{name}")
        for name, arm in _mapping(contents["arms"], "arms").items()
    }
    if not arms:
        msg = "arms must name at least one arm"
        raise DamagedError(msg)
    return Definition(
        name=coerce(contents["name"], str, "name"),
        command=coerce(contents["command"], str, "command"),
        arms=tuple(_arm(name, arm, is_whole=is_whole) for name, arm in arms.items()),
        protocol=_options(protocol, "protocol"),
        objective=_options(objective, "objective"),
        tune_seeds=_seeds(contents["tune"], "tune"),
        confirm_seeds=_seeds(contents["confirm"], "confirm"),
        pruner=None if pruner == _NO_PRUNER else _options(pruner, "pruner"),
        population_size=coerce(contents["population_size"], int, "population_size"),
        n_replicates=coerce(contents.get("replicates", 1), int, "replicates"),
        n_splits=coerce(contents.get("splits"), int | None, "splits"),
        until=coerce(contents.get("until", "all"), str, "until"),
        settled_after=coerce(contents.get("settled_after"), int | None, "settled_after"),
        examples=_examples(contents.get("examples")),
        baseline=coerce(contents.get("baseline"), str | None, "baseline"),
        contrasts=_contrasts(contents.get("contrasts")),
        methods=_methods(contents.get("options", {})),
        id=coerce(contents.get("id", ""), str, "id"),
        sessions=tuple(
            _mapping(session, "each of sessions")
            for session in coerce(contents.get("sessions", []), list[Any], "sessions")
        ),
    )


def _options(stored: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - one of STORED_OPTIONS
    """Create the config of a protocol, an objective or a pruner from its stored fields.

    Args:
        stored: The fields, by name.
        name: ``protocol``, ``objective`` or ``pruner``.
    """
    part = STORED_OPTIONS[name]
    declared = {key: (hint, metadata) for key, hint, metadata in leaf_fields(part)}
    stored = neutral_values(part) | dict(stored)
    _know(stored, tuple(declared), needed=tuple(declared), prefix=f"{name}.")
    values = {}
    for key, value in stored.items():
        hint, metadata = declared[key]
        values[key] = coerce(value, hint, f"{name}.{key}")
        check_value(values[key], metadata, f"{name}.{key}")
    return part(**values)


def _examples(stored: Any) -> Examples | None:  # noqa: ANN401 - JSON
    if stored is None:
        return None
    fields = {field.name: field.type for field in dataclasses.fields(Examples)}
    _know(_mapping(stored, "examples"), tuple(fields), needed=tuple(fields), prefix="examples.")
    return Examples(**{k: coerce(stored[k], hint, f"examples.{k}") for k, hint in fields.items()})


def _contrasts(stored: Any) -> tuple[tuple[str, str], ...] | None:  # noqa: ANN401 - JSON
    if stored is None:
        return None
    written = coerce(stored, list[Any], "contrasts")
    pairs = [coerce(pair, list[str], "contrasts") for pair in written]
    if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - a pair
        msg = f"contrasts must be pairs of arms, got {stored}"
        raise DamagedError(msg)
    return tuple((arm, against) for arm, against in pairs)


def _methods(stored: Any) -> dict[str, Method]:  # noqa: ANN401 - JSON
    _know(_mapping(stored, "options"), ("optimizer",), needed=(), prefix="options.")
    found = {}
    for name, method in _mapping(stored.get("optimizer", {}), "options.optimizer").items():
        prefix = f"options.optimizer.{name}."
        _know(_mapping(method, prefix), ("family", "look"), needed=("family",), prefix=prefix)
        family = coerce(method["family"], str, f"{prefix}family")
        found[name] = Method(family, _look(method.get("look"), f"{prefix}look."))
    return found


def _look(stored: Any, prefix: str) -> Look | None:  # noqa: ANN401 - JSON
    """Convert a stored `Look`; its line is text, or an offset and lengths of dashes and gaps."""
    if stored is None:
        return None
    names = ("color", "line", "marker")
    _know(_mapping(stored, prefix), names, needed=names, prefix=prefix)
    color, marker = (coerce(stored[name], str, prefix + name) for name in ("color", "marker"))
    if isinstance(stored["line"], str):
        return Look(color, stored["line"], marker)
    try:
        offset, dashes = stored["line"]
        line = int(offset), tuple(coerce(dashes, list[float], f"{prefix}line"))
    except (TypeError, ValueError) as error:
        msg = f"{prefix}line must be a line style of matplotlib, got {stored['line']!r}"
        raise DamagedError(msg) from error
    return Look(color, line, marker)


def _seeds(stored: Any, stage: str) -> tuple[int, ...]:  # noqa: ANN401 - JSON
    _know(_mapping(stored, stage), ("seeds",), needed=("seeds",), prefix=f"{stage}.")
    return tuple(coerce(stored["seeds"], list[int], f"{stage}.seeds"))


def _arm(name: str, stored: Mapping[str, Any], *, is_whole: bool) -> Arm:
    prefix, known = f"arms.{name}.", ("overrides", "space", "config")
    needed = known if is_whole else ("overrides", "space")
    _know(stored, (*known, "base", "condition"), needed=needed, prefix=prefix)
    space = _mapping(stored["space"], f"{prefix}space")
    arm = Arm(
        name,
        tuple(coerce(stored["overrides"], list[str], f"{prefix}overrides")),
        {
            key: _axis(_mapping(axis, f"{prefix}space.{key}"), f"{prefix}space.{key}.")
            for key, axis in space.items()
        },
        _mapping(stored.get("config", {}), f"{prefix}config"),
        _mapping(stored.get("condition", {}), f"{prefix}condition"),
        coerce(stored.get("base", ""), str, f"{prefix}base"),
    )
    if is_whole:
        _ = arm.config  # raises an error unless it fits this version
    return arm


def _axis(stored: Mapping[str, Any], prefix: str) -> Axis:
    if stored.get("kind") == "choice":
        _know(stored, ("kind", "values", "grows"), needed=("values",), prefix=prefix)
        return Choice(
            tuple(coerce(stored["values"], list[Any], f"{prefix}values")),
            grows=coerce(stored.get("grows", False), bool, f"{prefix}grows"),
        )
    names = ("kind", "low", "high", "log")
    _know(stored, names, needed=names, prefix=prefix)
    kind = coerce(stored["kind"], str, f"{prefix}kind")
    check_value(kind, {"options": ("choice", "int", "float")}, f"{prefix}kind")
    hint = int if kind == "int" else float
    return Interval(
        coerce(stored["low"], hint, f"{prefix}low"),
        coerce(stored["high"], hint, f"{prefix}high"),
        coerce(stored["log"], bool, f"{prefix}log"),
        is_int=hint is int,
    )


def _mapping(value: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        msg = f"{name} must map names to values, got {value!r}"
        raise DamagedError(msg)
    return value


def _know(
    stored: Mapping[str, Any], known: tuple[str, ...], *, needed: tuple[str, ...], prefix: str
) -> None:
    for name in stored:
        if name not in known:
            msg = f"{prefix}{name} is a field that this version of ffnn_lab does not know"
            raise DamagedError(msg)
    for name in needed:
        if name not in stored:
            msg = f"{prefix}{name} is missing"
            raise DamagedError(msg)
