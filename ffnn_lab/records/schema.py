"""The columns of the tables ``runs``, ``trials``, ``curves`` and ``directions``."""

import functools
import types
import typing
from typing import Any, Union

import pyarrow as pa

from ffnn_lab.config import GROUPS, RunConfig
from ffnn_lab.config.fields import leaf_fields, type_hints
from ffnn_lab.records.environment import environment
from ffnn_lab.records.result import METRICS, MOMENTS, SOLUTIONS, SPLITS


@functools.cache
def runs_schema() -> pa.Schema:
    """Build the schema of ``runs``: the union of all options' leaves, then what was found."""
    fields = {"run_id": pa.string()}
    for name, hint in type_hints(RunConfig).items():
        parts = sorted(set(GROUPS[name].values()), key=str) if name in GROUPS else [hint]
        for part in parts:
            if hasattr(part, "__dataclass_fields__"):
                for key, leaf, _ in leaf_fields(part, f"{name}."):
                    fields.setdefault(key, _arrow_type(leaf))
            else:
                fields[name] = _arrow_type(part)
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
    return {
        str: pa.string(),
        Any: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
    }[hint]


TRIALS_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("arm", pa.string()),
        ("setting", pa.int64()),
        ("seed", pa.int64()),
        ("run_id", pa.string()),
        ("edges", pa.string()),
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
KEYS = {
    "runs": ["run_id"],
    "trials": ["stage", "arm", "setting", "seed"],
    "curves": ["run_id", "epoch", "split"],
    "directions": ["run_id", "epoch"],
}
RANKED = {"runs": ["status"], "trials": [], "curves": ["epoch"], "directions": ["epoch"]}
"""What `_ranks` looks at."""
BY_EPOCH = ("curves", "directions")
"""Tables with more than one row of a run."""


def schema_of(table: str) -> pa.Schema:
    """Return the schema of one of the four tables, by its name."""
    return {
        "trials": TRIALS_SCHEMA,
        "curves": CURVES_SCHEMA,
        "directions": DIRECTIONS_SCHEMA,
    }.get(table) or runs_schema()
