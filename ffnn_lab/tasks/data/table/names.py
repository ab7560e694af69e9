"""Check the names of a table's columns, and that the columns that a config names exist."""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from ffnn_lab.config import ConfigError
from ffnn_lab.tasks.data.table.words import likely, listed
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

INDEX = "__index_level_0__"
"""The name that pandas writes for an unnamed index in parquet."""


def checked_columns(table: pa.Table, config: TableConfig) -> dict[str, pa.ChunkedArray]:
    """Return the columns that are not excluded, by name, in the order of the file.

    Raises:
        UserError: If a column that the config names is missing, if a name occurs twice or is
            empty, or if no column is left to learn from.
    """
    names = table.column_names
    if config.target is None:
        msg = f"task.target must name the column to predict, got nothing; {_has(names)}"
        raise ConfigError(msg)
    there = set(names)
    for field, asked in (
        ("target", [config.target]),
        ("exclude", config.exclude),
        ("categorical", config.categorical),
    ):
        for name in asked:
            if name not in there:
                msg = f"task.{field}: there is no column {name!r}; {_has(names, name)}"
                raise ConfigError(msg)
    if config.target in config.exclude:
        msg = f"task.exclude leaves out {config.target!r}, which is the task.target"
        raise ConfigError(msg)
    if config.target in config.categorical:
        msg = (
            f"task.categorical names {config.target!r}, which is the task.target; to make its "
            "numbers classes, set task.kind=classification"
        )
        raise ConfigError(msg)
    left_out = set(config.exclude)
    kept = [place for place, name in enumerate(names) if name not in left_out]
    for place in kept:
        if names[place] in ("", INDEX):
            msg = (
                f"column {place + 1} of {config.path} has no name, like the index that pandas "
                "writes: write the table with index=False, or set "
                f"'task.exclude=[\"{names[place]}\"]'"
            )
            raise DataError(msg)
    counts = Counter(names[place] for place in kept)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        msg = f"{config.path} has more than one column named {listed(twice)}: rename all but one"
        raise DataError(msg)
    if len(kept) == 1:
        msg = f"{config.path} has no column beside the target {config.target!r} to learn from"
        raise DataError(msg)
    return {names[place]: table.column(place) for place in kept}


def _has(names: Sequence[str], written: str = "") -> str:
    looks_like_data = len(set(names)) < len(names) or any(_is_number(name) for name in names)
    hint = "; is its first line the names?" if looks_like_data else ""
    return f"the table has {listed(names)}{likely(written, names)}{hint}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
