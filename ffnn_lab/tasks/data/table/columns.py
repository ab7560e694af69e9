"""Read columns of a table as numbers or as categories, and refuse all other columns."""

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
"""Table for ``str.translate`` that removes the characters that people write around and inside
numbers."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, or of true and false."""

    values: NDArray[np.float64]
    """The number of each row, ``(N,)``; NaN for a missing value."""
    is_flag: bool
    """True if the column has true and false, as 1 and 0, which are not scaled."""


Column = Numbers | Words


def refuse_odd_types(raw: Mapping[str, pa.ChunkedArray], config: TableConfig) -> None:
    """Check that each column has values, and that they are numbers, words, or true and false.

    Args:
        raw: The columns by name, as read from the file.
        config: The table's config.

    Raises:
        DataError: If a column does not; the message lists all columns with the same fault.
    """
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
            f"{config.path}: {listed(dates)}: dates and times cannot be features. Turn them into "
            f"numbers (days since the first, say), or leave them out: {excluding(dates, config)}"
        )
        raise DataError(msg)
    empty = [name for name, column in raw.items() if column.null_count == len(column)]
    if empty:
        msg = (
            f"{config.path}: there are no values in {listed(empty)}; leave them out: "
            f"{excluding(empty, config)}"
        )
        raise DataError(msg)
    odd = [name for name, column in raw.items() if _is_odd(column.type)]
    if odd:
        types = ", ".join(f"{name} ({raw[name].type})" for name in odd)
        msg = (
            f"{config.path}: {types}: only numbers, words, true and false are read; leave out "
            f"other columns: {excluding(odd, config)}"
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
        DataError: If the column has infinite values, or a category that is written in two ways.
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
    """Return True if a column has text."""
    kind = column.type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column of numbers as float64, ``(N,)``, with NaN for missing values."""
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return np.asarray(values, dtype=np.float64)


def refuse_numbers_as_text(
    columns: Mapping[str, pa.ChunkedArray], config: TableConfig, *, is_csv: bool
) -> None:
    """Check that no column of text looks like numbers, such as ``1,5`` or ``12 %``.

    Such a column, or a column of numbers with a stray word, would be read as categories by
    mistake. Columns that the config declares to be categories or classes are not checked.

    Args:
        columns: The columns by name, as returned by ``plain_column``.
        config: The table's config.
        is_csv: True for a CSV file, for which the message may advise ``task.decimal``.

    Raises:
        DataError: If more than half of a column's different words look like numbers; the message
            has the column, examples, and what to do.
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
        f"Write plain numbers, as {plain}, and nothing where one is missing; or take the texts "
        f"for categories: {categorical}{comma}"
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
    """Return a mask of the rows that are used, ``(N,)``: all but those that are dropped.

    Rows with missing values are dropped if ``task.missing`` is ``drop``.

    Args:
        columns: The columns by name, as returned by ``plain_column``.
        config: The table's config.

    Raises:
        UserError: If ``task.missing`` does not allow the values that are missing, or no row is
            left; the message has the number of missing values of each column.
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
            f"{len(is_hit)} rows, which task.missing={config.missing} does not fix; "
            "task.missing=drop leaves these rows out"
        )
        raise DataError(msg)
    if config.missing != "drop":
        return np.ones(len(is_hit), dtype=np.bool_)
    if is_hit.all():
        told = listed([f"{name} {count}" for name, count in counts.items()])
        msg = f"{config.path}: every row has a missing value ({told}), so task.missing=drop fails"
        raise DataError(msg)
    return ~is_hit
