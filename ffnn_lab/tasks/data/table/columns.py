"""Columns of a table as numbers or as categories; other columns are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffnn_lab.tasks.data.table.categories import (
    Words,
    number_words,
    refuse_two_forms,
    text_words,
)
from ffnn_lab.tasks.data.table.delimited import has_decimal_comma
from ffnn_lab.tasks.data.table.words import as_written, excluding, listed
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

_AROUND_NUMBERS = str.maketrans("", "", " \t\u00a0\u202f%$€£'_")
"""Characters that people write around and inside numbers; translation removes them."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, or of true and false."""

    values: NDArray[np.float64]
    """``(N,)``; NaN for a missing value."""
    is_flag: bool
    """True if the values are 0 and 1, which no scaling touches."""


Column = Numbers | Words


def refuse_odd_types(raw: Mapping[str, pa.ChunkedArray], config: TableConfig) -> None:
    """Refuse columns that hold neither numbers nor words, all of a kind in one message."""
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


def read_column(
    name: str, column: pa.ChunkedArray, texts: pa.ChunkedArray | None, config: TableConfig
) -> Column:
    """Return a column as numbers or as categories.

    Args:
        name: Name of the column.
        column: The column's values, as returned by ``plain_column``.
        texts: For categories in a CSV file, the same values as written there; otherwise None.
        config: The table's config.

    Raises:
        DataError: If it holds infinite values, or a category that is written in two ways.
    """
    if pa.types.is_boolean(column.type):
        return Numbers(floats(column.cast(pa.int8())), is_flag=True)
    if is_text(column):
        words = text_words(column)
        refuse_two_forms(name, words.words, config)
        return words
    if name in config.categorical:
        return number_words(name, column, texts, column.cast(pa.string()), config)
    values = floats(column)
    n_infinite = int(np.isinf(values).sum())
    if n_infinite:
        msg = f"{config.path}: column {name} has {n_infinite} infinite values"
        raise DataError(msg)
    return Numbers(values, is_flag=False)


def plain_column(raw: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionary encoding, and with null in place of NaN."""
    column = raw.cast(raw.type.value_type) if pa.types.is_dictionary(raw.type) else raw
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    return column.cast(pa.string()) if is_text(column) else column


def is_text(column: pa.ChunkedArray) -> bool:
    """Return whether a column holds text."""
    kind = column.type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return numbers as float64, ``(N,)``, with NaN for missing values."""
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(values, dtype=np.float64)


def refuse_numbers_as_text(
    columns: Mapping[str, pa.ChunkedArray], config: TableConfig, *, is_csv: bool
) -> None:
    """Refuse ``1,5`` and ``12 %``, and a stray word among numbers: read as words they mislead.

    Args:
        columns: The columns by name, as returned by ``plain_column``.
        config: The table's config.
        is_csv: True for a CSV file, for which the message may advise ``task.decimal``.

    Raises:
        DataError: Naming the column, with examples and what to do.
    """
    for name, column in columns.items():
        is_class = name == config.target and config.kind == "classification"
        if is_text(column) and name not in config.categorical and not is_class:
            _refuse_text(name, text_words(column).words, config, is_csv=is_csv)


def _refuse_text(name: str, words: Sequence[str], config: TableConfig, *, is_csv: bool) -> None:
    numbers = [word for word in words if _looks_like_a_number(word)]
    if 2 * len(numbers) <= len(words):
        return
    others = [word for word in words if word not in set(numbers)]
    examples = " and ".join(repr(some[0]) for some in (numbers, others) if some)
    is_comma = is_csv and config.decimal == "point" and has_decimal_comma(numbers[0])
    comma = "; or set task.decimal=comma, if the comma is a decimal point" if is_comma else ""
    plain = "1234,5" if config.decimal == "comma" else "1234.5"
    categorical = (
        "task.kind=classification"
        if name == config.target
        else f"task.categorical={as_written([*config.categorical, name])}"
    )
    msg = (
        f"{config.path}: column {name} holds text that looks like numbers, such as {examples}. "
        f"Write plain numbers, as {plain}, and nothing where one is missing; or take them for "
        f"categories: {categorical}{comma}"
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


def rows_to_keep(columns: Mapping[str, pa.ChunkedArray], config: TableConfig) -> NDArray[np.bool_]:
    """Return a mask of the rows that are used, ``(N,)``, by ``task.missing``.

    Args:
        columns: The columns by name, as returned by ``plain_column``.
        config: The table's config.

    Raises:
        UserError: If values are missing that must not be; the message has counts by column.
    """
    counts = {name: column.null_count for name, column in columns.items() if column.null_count}
    is_hit = np.zeros(len(columns[str(config.target)]), dtype=np.bool_)
    for name in counts:
        is_hit |= columns[name].is_null().to_numpy()
    if config.missing == "refuse" and counts:
        told = listed([f"{name} {count}" for name, count in counts.items()])
        features = [name for name in counts if name != config.target]
        leave = f"; or leave columns out, {excluding(features, config)}" if features else ""
        msg = (
            f"{config.path} has missing values: {told}. task.missing=drop leaves out the "
            f"{is_hit.sum()} rows of {len(is_hit)} that have any; impute puts the train split's "
            f"mean, or its most frequent category, in their place{leave}"
        )
        raise DataError(msg)
    if config.missing in ("mean", "impute") and config.target in counts:
        msg = (
            f"{config.path}: the target {config.target} is missing in {counts[config.target]} of "
            f"{len(is_hit)} rows, which task.missing={config.missing} does not mend; drop leaves "
            "rows out"
        )
        raise DataError(msg)
    if config.missing != "drop":
        return np.ones(len(is_hit), dtype=np.bool_)
    if is_hit.all():
        told = listed([f"{name} {count}" for name, count in counts.items()])
        msg = f"{config.path}: every row has a missing value ({told}), so task.missing=drop fails"
        raise DataError(msg)
    return ~is_hit
