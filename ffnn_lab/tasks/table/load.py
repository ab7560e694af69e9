"""The user's own table as a task: columns become features, one column the target.

Everything that is learned from the data (means, deviations, which categories there are) is
learned from the train split.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table.columns import (
    Column,
    Words,
    at,
    read_column,
    refuse_odd_types,
    rows_to_keep,
)
from ffnn_lab.tasks.table.features import encoded
from ffnn_lab.tasks.table.file import checksum, find_table, read_table
from ffnn_lab.tasks.table.names import checked_columns
from ffnn_lab.tasks.table.target import Target, read_target
from ffnn_lab.tasks.table.words import listed
from ffnn_lab.tasks.task import DataError, Split, Task, random_split, stratified_split


@dataclass(frozen=True)
class TableSplits:
    """A table, split, encoded and scaled."""

    inputs: Mapping[str, NDArray[np.float64]]
    """By split, ``(N, n_features)``."""
    targets: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]
    """By split, ``(N,)``: classes by number, or quantities in their own unit."""
    class_names: tuple[str, ...] | None
    """As of ``Target``."""
    note: str
    """How the table was read."""


def settle_table(config: TableConfig) -> dict[str, str]:
    """Give the full path of a table, and the checksum of what it holds now.

    Raises:
        ConfigError: If there is no such file.
    """
    path = find_table(config)
    return {"path": str(path), "sha256": config.sha256 or checksum(path)}


def load_table(config: TableConfig, _data: Path) -> Task:
    """Read a table whose target is a class, or a quantity.

    A quantity is learned by one output under the squared loss. It is standardized by the mean and
    the standard deviation that it has in the train split, whatever its unit, so that learning
    rates and gains mean the same as elsewhere; the task keeps both to undo it.

    Raises:
        UserError: If the table is not there, or cannot be learned from as it is.
    """
    splits = split_table(config)
    if splits.class_names is None:
        return _regression(config, splits)
    parts = {
        name: Split(inputs, splits.targets[name].astype(np.int64))
        for name, inputs in splits.inputs.items()
    }
    return Task(
        name=config.name,
        n_classes=len(splits.class_names),
        train=parts["train"],
        dev=parts["dev"],
        test=parts["test"],
        note=splits.note,
    )


def _regression(config: TableConfig, splits: TableSplits) -> Task:
    known = splits.targets["train"].astype(np.float64)
    mean, deviation = float(known.mean()), float(known.std())
    if known.min() == known.max():
        msg = (
            f"{config.path}: the target {config.target} is {known[0]:g} in every row of the train "
            "split: there is nothing to learn"
        )
        raise DataError(msg)
    parts = {
        name: Split(inputs, (splits.targets[name].astype(np.float64) - mean) / deviation)
        for name, inputs in splits.inputs.items()
    }
    return Task(
        name=config.name,
        n_classes=0,
        train=parts["train"],
        dev=parts["dev"],
        test=parts["test"],
        loss="squared",
        note=f"{splits.note}; in train mean {mean:.4g}, standard deviation {deviation:.4g}",
        label_mean=mean,
        label_deviation=deviation,
    )


def split_table(config: TableConfig) -> TableSplits:
    """Read, check, split and encode a table.

    A column of numbers gives one feature; true or false, one that is 1 or 0; a column of words,
    one for each word that train has, in alphabetical order, which is 1 where that word stands. A
    word that train does not have is 0 in all of them.

    Raises:
        UserError: Naming the column that cannot be learned from, and what to do.
    """
    raw = checked_columns(read_table(config), config)
    refuse_odd_types(raw, config)
    columns = {name: read_column(name, values, config) for name, values in raw.items()}
    is_kept = rows_to_keep(columns, config)
    columns = {name: at(column, is_kept) for name, column in columns.items()}
    target = read_target(columns.pop(str(config.target)), config)
    shares = {"test": config.test_fraction, "dev": config.dev_fraction}
    indices = (
        random_split(len(target.values), shares=shares, split_seed=config.split_seed)
        if target.class_names is None
        else stratified_split(
            target.values.astype(np.int64),
            shares=shares,
            split_seed=config.split_seed,
            class_names=target.class_names,
        )
    )
    features = [
        encoded(name, column, indices["train"], config) for name, column in columns.items()
    ]
    inputs = np.concatenate(features, axis=1)
    return TableSplits(
        inputs={name: inputs[i] for name, i in indices.items()},
        targets={name: target.values[i] for name, i in indices.items()},
        class_names=target.class_names,
        note=_note(columns, target, config, n_left_out=int((~is_kept).sum())),
    )


def _note(
    columns: Mapping[str, Column], target: Target, config: TableConfig, *, n_left_out: int
) -> str:
    """Say in one line how the table was read, so that a wrong reading is seen."""
    words = [f"{k} {len(c.words)}" for k, c in columns.items() if isinstance(c, Words)]
    parts = [f"{Path(str(config.path)).name}: {len(target.values)} rows"]
    if n_left_out:
        parts.append(f"{n_left_out} with missing values left out")
    parts.append(f"columns: {len(columns) - len(words)} numeric")
    if words:
        parts.append(f"{len(words)} categorical ({listed(words)})")
    if target.class_names is None:
        low, high = target.values.min(), target.values.max()
        n_values = len(np.unique(target.values))
        parts.append(f"target {config.target}: {n_values} numbers from {low:g} to {high:g}")
    else:
        counts = np.bincount(target.values.astype(np.int64)).tolist()
        told = [f"{name} {n}" for name, n in zip(target.class_names, counts, strict=True)]
        parts.append(f"target {config.target}: {listed(told)}")
    return ", ".join(parts)
