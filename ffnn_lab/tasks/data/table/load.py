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
    """A table whose rows are split, encoded as features and scaled."""

    inputs: Mapping[str, NDArray[np.float64]]
    """Features of the rows of each split, by its name, ``(N, n_features)``."""
    targets: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]
    """Targets of the rows of each split, by its name, ``(N,)``: indices of classes, or quantities
    in their own unit."""
    class_names: tuple[str, ...] | None
    """Name of each class, by its index; None for regression."""
    note: str
    """One line for the user that says how the table was read."""


class RereadError(DataError):
    """Raised if earlier versions read a table wrongly, and ``task.reading=null`` asks for that."""


def settle_table(config: TableConfig) -> dict[str, str]:
    """Return the fields ``path`` and ``sha256`` of a table: its full path, and its checksum.

    A checksum that the config has already is returned as it is, not compared with the file.

    Raises:
        ConfigError: If the file is missing, or is not a CSV or parquet file by its ending.
    """
    path = find_table(config)
    return {"path": str(path), "sha256": config.sha256 or checksum(path)}


def load_table(config: TableConfig, _data: Path) -> Task:
    """Read a table as a task; its target is a class, or a quantity.

    A quantity is predicted by one output under the squared loss. It is standardized by its mean
    and standard deviation in the train split, so that learning rates and gains mean the same
    whatever its unit. The task has both numbers, to turn predictions back into that unit.

    Raises:
        UserError: If the table is missing, or cannot be learned from.
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
            f"{np.abs(known).max():g}, whose squares are too large for a float64: divide the "
            "numbers by a constant"
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
    """Read, check, split and encode the table that a config names.

    A column of numbers becomes one feature; a column of true and false becomes one feature of 1
    and 0; a column of words becomes one feature for each word that occurs in train, in
    alphabetical order (one-hot encoding). In a row whose word does not occur in train, all
    features of the column are 0.

    Raises:
        UserError: If the table cannot be learned from; the message names the column at fault, and
            says what to do.
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
        RereadError: If the config has it for such a table; the message names the columns.
    """
    reread = [str(config.target)] if target.is_reread else []
    reread += [name for name, each in features.items() if each.is_reread]
    if reread and config.reading is None:
        msg = (
            f"{config.path}: task.reading=null reads {listed(reread)} as earlier versions did, "
            "which was wrong: different numbers became one class or category, or a column that is "
            "the same in all of train was scaled by its rounding error. A run that was recorded "
            "with it cannot be trained again; task.reading=exact reads the table correctly, and "
            "gives the run another id"
        )
        raise RereadError(msg)


def _padded_note(file: TableFile, columns: Mapping[str, Column]) -> str:
    """Return a remark on codes, such as 0123, that were read as numbers; empty for none."""
    padded = file.padded([name for name, c in columns.items() if isinstance(c, Numbers)])
    if not padded:
        return ""
    return f", leading zeros left out of {listed(padded)} (task.categorical keeps them)"


def _note(
    columns: Mapping[str, Column], target: Target, config: TableConfig, *, n_left_out: int
) -> str:
    """Return one line on how the table was read, so that a wrong reading is noticed.

    Args:
        columns: The columns other than the target, by name.
        target: The target.
        config: The table's config.
        n_left_out: Number of rows that were dropped because values are missing.
    """
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
