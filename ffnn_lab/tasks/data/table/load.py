"""The user's own table as a task: columns become features, one column the target.

Everything that is learned from the data (means, deviations, which categories there are) is
learned from the train split.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffnn_lab.tasks.data.table.categories import Words
from ffnn_lab.tasks.data.table.columns import (
    Column,
    Numbers,
    plain_column,
    read_column,
    refuse_numbers_as_text,
    refuse_odd_types,
    rows_to_keep,
)
from ffnn_lab.tasks.data.table.delimited import CsvFile
from ffnn_lab.tasks.data.table.features import Features, encoded
from ffnn_lab.tasks.data.table.file import TableFile, checksum, find_table, read_table
from ffnn_lab.tasks.data.table.names import checked_columns
from ffnn_lab.tasks.data.table.target import Target, read_target
from ffnn_lab.tasks.data.table.words import column_name, listed
from ffnn_lab.tasks.data.task import DataError, Split, Task, random_split, stratified_split
from ffnn_lab.tasks.table import TableConfig


@dataclass(frozen=True)
class TableSplits:
    """A table, split, encoded and scaled."""

    inputs: Mapping[str, NDArray[np.float64]]
    """Features of each split, ``(N, n_features)``."""
    targets: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]
    """Targets of each split, ``(N,)``: classes by number, or quantities in their own unit."""
    class_names: tuple[str, ...] | None
    """Name of each class; None for regression."""
    note: str
    """One line on how the table was read."""


class RereadError(DataError):
    """Earlier versions read this table wrongly, and the config asks for their reading."""


def settle_table(config: TableConfig) -> dict[str, str]:
    """Return the full path of a table, and the checksum of what it holds now.

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
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        mean, deviation = float(known.mean()), float(known.std())
    if not np.isfinite(deviation):
        msg = (
            f"{config.path}: the target {config.target} has numbers up to "
            f"{np.abs(known).max():g}, whose squares no float64 holds: divide them by a constant"
        )
        raise DataError(msg)
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

    A column of numbers gives one feature; a column of true and false one that is 1 or 0; a column
    of words one for each word that train has, in alphabetical order (one-hot). A word that train
    does not have is 0 in all of these.

    Raises:
        UserError: Naming the column that cannot be learned from, and what to do.
    """
    config = _with_composed_names(config)
    target_name = str(config.target)
    file = read_table(config)
    raw = checked_columns(file.columns, config)
    refuse_odd_types(raw, config)
    plain = {name: plain_column(column) for name, column in raw.items()}
    refuse_numbers_as_text(plain, config, is_csv=isinstance(file, CsvFile))
    is_kept = rows_to_keep(plain, config)
    kept = _rows(plain, is_kept)
    texts = _rows(file.texts([target_name, *config.categorical]), is_kept)
    target = read_target(kept.pop(target_name), texts.get(target_name), config)
    columns = {
        name: read_column(name, column, texts.get(name), config) for name, column in kept.items()
    }
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
    features = {
        name: encoded(name, column, indices["train"], config) for name, column in columns.items()
    }
    _check_reading(features, target, config)
    inputs = np.concatenate([each.values for each in features.values()], axis=1)
    return TableSplits(
        inputs={name: inputs[i] for name, i in indices.items()},
        targets={name: target.values[i] for name, i in indices.items()},
        class_names=target.class_names,
        note=_note(columns, target, config, n_left_out=int((~is_kept).sum()))
        + _padded_note(file, columns),
    )


def _with_composed_names(config: TableConfig) -> TableConfig:
    return dataclasses.replace(
        config,
        target=None if config.target is None else column_name(config.target),
        exclude=[column_name(name) for name in config.exclude],
        categorical=[column_name(name) for name in config.categorical],
    )


def _rows(
    columns: Mapping[str, pa.ChunkedArray], is_kept: NDArray[np.bool_]
) -> dict[str, pa.ChunkedArray]:
    if is_kept.all():
        return dict(columns)
    mask = pa.array(is_kept)
    return {name: column.filter(mask) for name, column in columns.items()}


def _check_reading(features: Mapping[str, Features], target: Target, config: TableConfig) -> None:
    """Refuse ``task.reading=null`` for a table that versions before that field read wrongly.

    Raises:
        RereadError: Naming the columns.
    """
    reread = [str(config.target)] if target.is_reread else []
    reread += [name for name, each in features.items() if each.is_reread]
    if reread and config.reading is None:
        msg = (
            f"{config.path}: task.reading=null asks for {listed(reread)} as earlier versions read "
            "it, which was wrong: different numbers were one class or category, or a column that "
            "is the same in all of train was scaled by its rounding. A run that was recorded so "
            "cannot be trained again; task.reading=exact is right, under another run id"
        )
        raise RereadError(msg)


def _padded_note(file: TableFile, columns: Mapping[str, Column]) -> str:
    """Return a remark on codes, such as 0123, that were read as numbers."""
    padded = file.padded([name for name, c in columns.items() if isinstance(c, Numbers)])
    if not padded:
        return ""
    return f", leading zeros left out of {listed(padded)} (task.categorical keeps them)"


def _note(
    columns: Mapping[str, Column], target: Target, config: TableConfig, *, n_left_out: int
) -> str:
    """Return one line on how the table was read, so that a wrong reading is noticed."""
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
