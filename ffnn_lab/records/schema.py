"""The columns of the tables of the records, such as ``runs``, ``trials`` and ``curves``."""

import dataclasses
import functools
import hashlib
import json
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Union

import pyarrow as pa

from ffnn_lab.config import GROUPS, KINDS, ConfigError, RunConfig
from ffnn_lab.config.fields import leaf_fields, type_hints
from ffnn_lab.records.environment import environment
from ffnn_lab.records.result import LAYER_STATISTICS, METRICS, MOMENTS, SOLUTIONS, SPLITS
from ffnn_lab.registry import FOLDERS, n_registered, options, source_of


@dataclass(frozen=True)
class Leaf:
    """A field of the config that holds a value (a leaf), as one class of options declares it."""

    column: str
    type: pa.DataType
    options: tuple[str, ...] | None
    """Names of the options of its group that have the field; None if every run has it."""
    metadata: Mapping[str, Any]
    is_outside: bool = False
    """True if all options that have the field come from outside the package."""

    @property
    def chosen_by(self) -> str:
        """The column that names the option that a run chose, such as ``optimizer.name``."""
        return f"{self.column.partition('.')[0]}.name"

    @property
    def neutral(self) -> Any:  # noqa: ANN401 - any value of a config
        """The value of the leaf in runs that were recorded before it existed, as in its column.

        Raises:
            KeyError: If the leaf declares no such value.
        """
        return cell(self.metadata["neutral"], self.type)


def cell(value: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 - any value of a config
    """Convert a value of a config to the type of its column.

    A value of a field that may have several types, such as a number or a word, becomes text.

    Args:
        value: The value.
        kind: The column's type.
    """
    if value is None or kind != pa.string() or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True) if value else None
    return str(value).lower() if isinstance(value, bool) else str(value)


def config_leaves() -> dict[str, list[Leaf]]:
    """Collect the leaves of the configs of all options, by column, in the order of the columns.

    Several options of a group may have a field of one name: then its column has several leaves.

    Raises:
        ConfigError: If an option from outside the package has a field of another type than another
            option's field of the same name.
    """
    for kind in FOLDERS:
        options(kind)
    return _config_leaves(n_registered())


@functools.lru_cache(maxsize=1)
def _config_leaves(_n_registered: int) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    for field in dataclasses.fields(RunConfig):
        name, hint = field.name, type_hints(RunConfig)[field.name]
        if not (name in GROUPS or dataclasses.is_dataclass(hint)):
            found[name] = [Leaf(name, _arrow_type(hint), None, field.metadata)]
            continue
        chosen_by: dict[type, list[str]] = {}
        for option, part in GROUPS.get(name, {"": hint}).items():
            chosen_by.setdefault(part, []).append(option)
        for part in sorted(chosen_by, key=str):
            names = tuple(chosen_by[part])
            is_outside = name in KINDS and all(source_of(KINDS[name], each) for each in names)
            for column, leaf, metadata in leaf_fields(part, f"{name}."):
                own = names if len(chosen_by) > 1 else None
                try:
                    kind = _arrow_type(leaf)
                except KeyError:
                    msg = (
                        f"{column} of {name}={names[0]} must be a number, a text, true or false, "
                        "or a list of these, so that it can be a column of the records; its type "
                        f"is {leaf}"
                    )
                    raise ConfigError(msg) from None
                before = found.setdefault(column, [])
                if before and before[0].type != kind:
                    msg = (
                        f"{column} of {name}={names[0]} is {_type_words(kind)}, but in other "
                        f"options a field of that name is {_type_words(before[0].type)}, and one "
                        "column of the records holds both: give the field another name"
                    )
                    raise ConfigError(msg)
                before.append(Leaf(column, kind, own, metadata, is_outside))
    return found


def runs_schema() -> pa.Schema:
    """Build the schema of ``runs``: the leaves of all options, then results and environment."""
    config_leaves()  # so that all options are registered
    return _runs_schema(n_registered())


@functools.lru_cache(maxsize=1)
def _runs_schema(_n_registered: int) -> pa.Schema:
    fields = {"run_id": pa.string()}
    fields |= {column: declared[0].type for column, declared in config_leaves().items()}
    fields |= {
        "status": pa.string(),
        "n_epochs": pa.int64(),
        "n_steps": pa.int64(),
        "diverged_step": pa.int64(),
        "seconds": pa.float64(),
        "chance_error": pa.float64(),
        "traceback": pa.string(),
        "best.epoch": pa.int64(),
    }
    for moment in MOMENTS:
        for split in SPLITS:
            for metric in METRICS:
                fields[f"{moment}.{split}.{metric}"] = pa.float64()
    fields |= {f"cosine.{name}": pa.float64() for name in SOLUTIONS}
    fields |= dict.fromkeys((*environment(), "config_json"), pa.string())
    return pa.schema(list(fields.items()))


def _arrow_type(hint: Any) -> pa.DataType:  # noqa: ANN401 - any type hint
    if typing.get_origin(hint) in (Union, types.UnionType):
        return _arrow_type(next(o for o in typing.get_args(hint) if o is not type(None)))
    if typing.get_origin(hint) is list:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if typing.get_origin(hint) is dict:
        return pa.string()
    return {
        str: pa.string(),
        Any: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
    }[hint]


def _type_words(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return "a list"
    words = {"double": "a number", "int64": "an integer", "bool": "true or false"}
    return words.get(str(kind), "text")


TRIALS_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("arm", pa.string()),
        ("setting", pa.int64()),
        ("seed", pa.int64()),
        ("run_id", pa.string()),
        ("edges", pa.string()),
        ("replicate", pa.int64()),
    ]
)
CURVES_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("epoch", pa.int64()),
        ("step", pa.int64()),
        ("split", pa.string()),
        ("loss", pa.float64()),
        ("error", pa.float64()),
        ("lr", pa.float64()),
    ]
)
DIRECTIONS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("epoch", pa.int64()),
        ("step", pa.int64()),
        *((f"cosine.{name}", pa.float64()) for name in SOLUTIONS),
    ]
)
LAYERS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("epoch", pa.int64()),
        ("step", pa.int64()),
        ("layer", pa.int64()),
        ("module", pa.string()),
        ("n_units", pa.int64()),
        *((name, pa.float64()) for name in LAYER_STATISTICS),
    ]
)
CORRECT_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("moment", pa.string()),
        ("n_examples", pa.int64()),
        ("bits", pa.binary()),
    ]
)
KEYS = {
    "runs": ["run_id"],
    "trials": ["replicate", "stage", "arm", "setting", "seed"],
    "curves": ["run_id", "epoch", "split"],
    "directions": ["run_id", "epoch"],
    "layers": ["run_id", "epoch", "layer"],
    "correct": ["run_id", "moment"],
}
RANKED = {
    "runs": ["status"],
    "trials": [],
    "curves": ["epoch"],
    "directions": ["epoch"],
    "layers": ["epoch"],
    "correct": [],
}
"""The columns of each table that decide which of several rows with one key counts; see
`read._ranks`."""
BY_EPOCH = ("curves", "directions", "layers")
"""Tables with rows for each measured or diagnosed epoch of a run."""


def schema_of(table: str) -> pa.Schema:
    """Return the schema of the table with the name ``table``."""
    return {
        "trials": TRIALS_SCHEMA,
        "curves": CURVES_SCHEMA,
        "directions": DIRECTIONS_SCHEMA,
        "layers": LAYERS_SCHEMA,
        "correct": CORRECT_SCHEMA,
    }.get(table) or runs_schema()


def columns_from_outside(table: str, names: Iterable[str]) -> list[str]:
    """Return the names of columns that are fields of options from outside the package.

    Args:
        table: Name of the table.
        names: Names of the columns of some rows.
    """
    of_options = config_leaves() if table == "runs" else {}
    own = {
        name
        for name in schema_of(table).names
        if not all(leaf.is_outside for leaf in of_options.get(name, [])) or name not in of_options
    }
    return sorted(set(names) - own)


# --- formats ------------------------------------------------------------------------------------

FORMAT = 3
"""The format that this version writes. Parts of format 1 name no format, and have no checksums;
in format 3 ``trials`` has the column ``replicate``."""
COLUMNS_OF_FORMAT_1 = {
    "runs": "3daddc5c41eb537b",
    "trials": "2a42bfb1f14b9d43",
    "curves": "2dd51e4c679982b6",
    "directions": "8b2b22d51c28c0c1",
}
"""`columns_digest` of the columns of each table in format 1, that of versions before records
carried a format number."""
ADDED: dict[str, dict[str, Any]] = {
    "runs": {},
    "trials": {"replicate": 0},
    "curves": {},
    "directions": {},
    "layers": {},
    "correct": {},
}
"""For each table, the columns that were added since format 1, each with its value in parts that
lack it. Fields of configs are not listed: they declare their neutral values themselves."""


def columns_digest(names: Iterable[str]) -> str:
    """Return a hash of the names of a part's columns, which does not depend on their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]
