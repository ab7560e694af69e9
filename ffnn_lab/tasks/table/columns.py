"""Columns of a table as numbers or as categories; what is neither is refused."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table.words import as_written, excluding, listed
from ffnn_lab.tasks.task import DataError

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


def refuse_odd_types(raw: Mapping[str, pa.ChunkedArray], config: TableConfig) -> None:
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
            f"numbers (days since the first, say), or leave them out: {excluding(dates, config)}"
        )
        raise DataError(msg)
    empty = [name for name, column in raw.items() if column.null_count == len(column)]
    if empty:
        msg = f"{config.path}: nothing stands in {listed(empty)}: {excluding(empty, config)}"
        raise DataError(msg)
    odd = [name for name, column in raw.items() if _is_odd(column.type)]
    if odd:
        types = ", ".join(f"{name} ({raw[name].type})" for name in odd)
        msg = (
            f"{config.path}: {types}: only numbers, words, true and false are read; "
            f"{excluding(odd, config)}"
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


def read_column(name: str, raw: pa.ChunkedArray, config: TableConfig) -> Column:
    """Return a column as numbers or as categories.

    Raises:
        DataError: If it holds infinite values, or text that looks like numbers.
    """
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
        f"categories: task.categorical={as_written([*config.categorical, name])}"
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


def at(column: Column, rows: NDArray[np.bool_]) -> Column:
    """Return a column with the marked rows alone."""
    if isinstance(column, Numbers):
        return Numbers(column.values[rows], column.is_flag)
    return Words(column.codes[rows], column.words)


def _is_missing(column: Column) -> NDArray[np.bool_]:
    return np.isnan(column.values) if isinstance(column, Numbers) else column.codes < 0


def rows_to_keep(columns: Mapping[str, Column], config: TableConfig) -> NDArray[np.bool_]:
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
        leave = f"; or leave columns out, {excluding(features, config)}" if features else ""
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
