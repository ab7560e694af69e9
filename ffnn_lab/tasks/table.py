"""The user's own table as a task: columns become features, one column the target.

Everything that is learned from the data (means, deviations, which categories there are) is
learned from the train split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table_file import checked_columns, checksum, find_table, listed, read_table
from ffnn_lab.tasks.task import DataError, Split, Task, random_split, stratified_split

_AROUND_NUMBERS = str.maketrans("", "", " \t\u00a0\u202f%$€£'_")
"""What people write around and inside numbers, to be left out."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, or of true and false."""

    values: NDArray[np.float64]
    """``(N,)``; NaN is missing."""
    is_flag: bool
    """Whether they are 0 and 1, which no scaling touches."""


@dataclass(frozen=True)
class Words:
    """A column of categories."""

    codes: NDArray[np.int64]
    """``(N,)``, each the place of its word in ``words``; -1 is missing."""
    words: tuple[str, ...]
    """All different ones, in order."""


Column = Numbers | Words


@dataclass(frozen=True)
class Target:
    """What is to be predicted."""

    values: NDArray[np.int64] | NDArray[np.float64]
    """``(N,)``: classes by number, or quantities."""
    class_names: tuple[str, ...] | None
    """Of each class; None for regression."""


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
    _refuse_odd_types(raw, config)
    columns = {name: _read_column(name, values, config) for name, values in raw.items()}
    is_kept = _rows_to_keep(columns, config)
    columns = {name: _at(column, is_kept) for name, column in columns.items()}
    target = _read_target(columns.pop(str(config.target)), config)
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
        _encoded(name, column, indices["train"], config) for name, column in columns.items()
    ]
    inputs = np.concatenate(features, axis=1)
    return TableSplits(
        inputs={name: inputs[i] for name, i in indices.items()},
        targets={name: target.values[i] for name, i in indices.items()},
        class_names=target.class_names,
        note=_note(columns, target, config, n_left_out=int((~is_kept).sum())),
    )


# --- columns ---------------------------------------------------------------------------------


def _refuse_odd_types(raw: Mapping[str, pa.ChunkedArray], config: TableConfig) -> None:
    """Refuse what is neither number nor word, all such columns in one message."""
    target = raw[str(config.target)]
    if _is_odd(target.type) or target.null_count == len(target):
        what = "nothing" if target.null_count == len(target) else f"{target.type}"
        msg = (
            f"{config.path}: the target {config.target} holds {what}: only numbers, words, true "
            "and false can be predicted"
        )
        raise DataError(msg)
    dates = [name for name, column in raw.items() if pa.types.is_temporal(column.type)]
    if dates:
        msg = (
            f"{config.path}: {listed(dates)}: dates and times are no features. Turn them into "
            f"numbers (days since the first, say), or leave them out: {_exclude(dates, config)}"
        )
        raise DataError(msg)
    empty = [name for name, column in raw.items() if column.null_count == len(column)]
    if empty:
        msg = f"{config.path}: nothing stands in {listed(empty)}: {_exclude(empty, config)}"
        raise DataError(msg)
    odd = [name for name, column in raw.items() if _is_odd(column.type)]
    if odd:
        types = ", ".join(f"{name} ({raw[name].type})" for name in odd)
        msg = (
            f"{config.path}: {types}: only numbers, words, true and false are read; "
            f"{_exclude(odd, config)}"
        )
        raise DataError(msg)


def _is_odd(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    readable = (
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
    )
    return not any(is_one(kind) for is_one in readable)


def _read_column(name: str, raw: pa.ChunkedArray, config: TableConfig) -> Column:
    column = raw.cast(raw.type.value_type) if pa.types.is_dictionary(raw.type) else raw
    if pa.types.is_boolean(column.type):
        return Numbers(_floats(column.cast(pa.int8())), is_flag=True)
    is_number = not (
        pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_string_view(column.type)
    )
    is_asked_for = name in config.categorical
    if is_number and not is_asked_for:
        values = _floats(column)
        n_infinite = int(np.isinf(values).sum())
        if n_infinite:
            msg = f"{config.path}: column {name} has {n_infinite} infinite values"
            raise DataError(msg)
        return Numbers(values, is_flag=False)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    words = _words(column.cast(pa.string()))
    if not is_asked_for and not (name == config.target and config.kind == "classification"):
        _refuse_numbers_as_words(name, words, config)
    return words


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(values, dtype=np.float64)


def _words(column: pa.ChunkedArray) -> Words:
    encoded = pc.dictionary_encode(column).combine_chunks()
    found = encoded.dictionary.to_pylist()
    words = sorted(found)
    place = {word: i for i, word in enumerate(words)}
    # The last one is where -1, which stands for what is missing, points to.
    places = np.array([*(place[word] for word in found), -1], dtype=np.int64)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(places[codes], tuple(words))


def _refuse_numbers_as_words(name: str, column: Words, config: TableConfig) -> None:
    """Refuse ``1,5`` and ``12 %``, and a stray word among numbers: read as words they mislead."""
    numbers = [word for word in column.words if _looks_like_a_number(word)]
    if 2 * len(numbers) <= len(column.words):
        return
    others = [word for word in column.words if word not in numbers]
    examples = " and ".join(repr(words[0]) for words in (numbers, others) if words)
    msg = (
        f"{config.path}: column {name} holds text that looks like numbers, such as {examples}. "
        "Write plain numbers, as 1234.5, and nothing where one is missing; or take them for "
        f"categories: task.categorical={_names([*config.categorical, name])}"
    )
    raise DataError(msg)


def _looks_like_a_number(word: str) -> bool:
    bare = word.translate(_AROUND_NUMBERS)
    if not any(letter.isdigit() for letter in bare):
        return False
    for text in (bare.replace(",", ""), bare.replace(".", "").replace(",", ".")):
        try:
            float(text)
        except ValueError:
            continue
        return True
    return False


def _at(column: Column, rows: NDArray[np.bool_]) -> Column:
    if isinstance(column, Numbers):
        return Numbers(column.values[rows], column.is_flag)
    return Words(column.codes[rows], column.words)


def _is_missing(column: Column) -> NDArray[np.bool_]:
    return np.isnan(column.values) if isinstance(column, Numbers) else column.codes < 0


def _rows_to_keep(columns: Mapping[str, Column], config: TableConfig) -> NDArray[np.bool_]:
    """Say which rows are used, by ``task.missing``.

    Raises:
        UserError: If a value is missing that must not be, with counts by column.
    """
    missing = {name: _is_missing(column) for name, column in columns.items()}
    counts = {name: int(where.sum()) for name, where in missing.items() if where.any()}
    is_hit: NDArray[np.bool_] = np.any(list(missing.values()), axis=0)
    if config.missing == "refuse" and counts:
        told = listed([f"{name} {count}" for name, count in counts.items()])
        features = [name for name in counts if name != config.target]
        leave = f"; or leave columns out, {_exclude(features, config)}" if features else ""
        msg = (
            f"{config.path} has missing values: {told}. task.missing=drop leaves out the "
            f"{is_hit.sum()} rows of {len(is_hit)} that have any; mean puts the train split's "
            f"mean in their place{leave}"
        )
        raise DataError(msg)
    if config.missing == "mean" and config.target in counts:
        msg = (
            f"{config.path}: the target {config.target} is missing in {counts[config.target]} of "
            f"{len(is_hit)} rows, which task.missing=mean does not mend; drop leaves rows out"
        )
        raise DataError(msg)
    if config.missing != "drop":
        return np.ones(len(is_hit), dtype=np.bool_)
    if is_hit.all():
        told = listed([f"{name} {count}" for name, count in counts.items()])
        msg = f"{config.path}: every row has a missing value ({told}), so task.missing=drop fails"
        raise DataError(msg)
    return ~is_hit


# --- the target ------------------------------------------------------------------------------


def _read_target(column: Column, config: TableConfig) -> Target:
    if isinstance(column, Words):
        if config.kind == "regression":
            msg = (
                f"task.kind=regression needs numbers in task.target={config.target}, which holds "
                f"{column.words[0]!r}"
            )
            raise ConfigError(msg)
        found, labels = np.unique(column.codes, return_inverse=True)
        return _classes(labels, [column.words[code] for code in found], config)
    found, labels = np.unique(column.values, return_inverse=True)
    is_whole = bool((found == np.floor(found)).all())
    if column.is_flag:
        names = [str(bool(value)).lower() for value in found]
    else:
        names = [str(int(value)) if is_whole else str(value) for value in found.tolist()]
    is_class = column.is_flag or (is_whole and len(found) <= config.max_classes)
    if config.kind == "classification" or (config.kind == "auto" and is_class):
        return _classes(labels, names, config)
    if len(found) == 1:
        raise DataError(_one_value(names, config))
    return Target(column.values, None)


def _classes(labels: NDArray[np.int64], names: Sequence[str], config: TableConfig) -> Target:
    if len(names) == 1:
        raise DataError(_one_value(names, config))
    if len(names) > config.max_classes:
        msg = (
            f"task.target={config.target} has {len(names)} different values, more than "
            f"task.max_classes={config.max_classes}: {listed(names)}"
        )
        raise ConfigError(msg)
    return Target(labels.astype(np.int64), tuple(names))


def _one_value(names: Sequence[str], config: TableConfig) -> str:
    return (
        f"{config.path}: the target {config.target} is {names[0]!r} in every row: there is "
        "nothing to learn"
    )


# --- features --------------------------------------------------------------------------------


def _encoded(
    name: str, column: Column, train: NDArray[np.int64], config: TableConfig
) -> NDArray[np.float64]:
    """Make a column's features, ``(N, how many)``, by what the train split knows."""
    if isinstance(column, Words):
        if len(column.words) > config.max_categories:
            msg = (
                f"{config.path}: column {name} has {len(column.words)} different words, more than "
                f"task.max_categories={config.max_categories}. Names and ids are no features: "
                f"{_exclude([name], config)}"
            )
            raise DataError(msg)
        known = np.unique(column.codes[train])
        is_word: NDArray[np.bool_] = column.codes[:, None] == known[known >= 0]
        return is_word.astype(np.float64)
    is_missing = np.isnan(column.values)
    if is_missing[train].all():
        msg = (
            f"{config.path}: nothing stands in {name} in the train split: "
            f"{_exclude([name], config)}"
        )
        raise DataError(msg)
    mean = float(column.values[train][~is_missing[train]].mean())
    values: NDArray[np.float64] = np.where(is_missing, mean, column.values)
    if config.scaling == "none" or column.is_flag:
        return values[:, None]
    center, deviation = float(values[train].mean()), float(values[train].std())
    # A column that never varies in train says nothing: it becomes 0, not NaN.
    scaled: NDArray[np.float64] = (values - center) / (deviation if deviation > 0 else 1.0)
    return scaled[:, None]


# --- words -----------------------------------------------------------------------------------


def _names(names: Sequence[str]) -> str:
    """Write a list of columns as an override does."""
    plain = (name if name.replace("_", "").isalnum() else repr(name) for name in names)
    return f"[{','.join(plain)}]"


def _exclude(names: Sequence[str], config: TableConfig) -> str:
    return f"task.exclude={_names([*config.exclude, *names])}"


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
