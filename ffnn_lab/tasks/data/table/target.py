"""Read the column that is to be predicted, as classes or as quantities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.tasks.data.table.categories import NumberWords, Words, number_words
from ffnn_lab.tasks.data.table.columns import Numbers, read_column
from ffnn_lab.tasks.data.table.words import listed
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

MOST_STEP = 1e-6
"""Largest distance between neighboring float64 numbers, in standard deviations of a target, at
which different values of the target may be rounded to one float64."""
_DIGITS = frozenset("01")


@dataclass(frozen=True)
class Target:
    """The values of a table's target column: the class or the number to predict for each row."""

    values: NDArray[np.int64] | NDArray[np.float64]
    """The target of each row, ``(N,)``: the index of a class, or a quantity in its own unit."""
    class_names: tuple[str, ...] | None
    """Name of each class, by its index; None for regression."""
    is_reread: bool = False
    """True if versions without the field ``task.reading`` read other targets from the column."""


def read_target(
    column: pa.ChunkedArray, texts: pa.ChunkedArray | None, config: TableConfig
) -> Target:
    """Return the target as classes or as quantities, by ``task.kind``.

    Args:
        column: The target's values, as returned by ``plain_column``, none missing.
        texts: The same values as written in a CSV file; None for a parquet file.
        config: The table's config.

    Raises:
        UserError: If the target cannot be predicted, for example because it never varies, has more
            classes than ``task.max_classes``, or does not fit ``task.kind``.
    """
    name = str(config.target)
    read = read_column(name, column, texts, config)
    if isinstance(read, Words):
        if config.kind == "regression":
            msg = (
                f"task.kind=regression needs numbers in task.target={config.target}, which holds "
                f"{read.words[0]!r}"
            )
            raise ConfigError(msg)
        return _classes(read.codes, read.words, config)
    if read.is_flag and config.kind != "regression":
        _refuse_mixed_flags(texts, config)
        found, labels = np.unique(read.values, return_inverse=True)
        return _classes(labels, ["true" if value else "false" for value in found], config)
    were_classes = _were_classes(read.values, config)
    if were_classes:
        keys = pc.add(column.cast(pa.float64(), safe=False), 0.0)  # turns -0.0 into 0.0
        words = number_words(name, column, texts, keys, config)
        if config.kind == "classification" or _are_classes(words, config):
            return _classes(words.codes, words.words, config, is_reread=words.is_reread)
    return _quantities(read, column if texts is None else texts, config, is_reread=were_classes)


def _were_classes(values: NDArray[np.float64], config: TableConfig) -> bool:
    """Return True if numbers are classes, judged by their values rounded to float64.

    Versions without the field ``task.reading`` judged in this way alone.
    """
    if config.kind == "auto":
        found = np.unique(values)
        return len(found) <= config.max_classes and bool((found == np.floor(found)).all())
    return config.kind == "classification"


def _are_classes(words: NumberWords, config: TableConfig) -> bool:
    """Return True if the exact numbers are classes: whole, and at most ``task.max_classes``."""
    is_whole = all(number == number.to_integral_value() for number in words.numbers)
    return is_whole and len(words.words) <= config.max_classes


def _refuse_mixed_flags(texts: pa.ChunkedArray | None, config: TableConfig) -> None:
    written = set() if texts is None else set(pc.unique(texts).to_pylist())
    if written & _DIGITS and written - _DIGITS:
        digit, word = min(written & _DIGITS), min(written - _DIGITS)
        msg = (
            f"{config.path}: the target {config.target} holds both {digit!r} and {word!r}: write "
            "true and false throughout, or 1 and 0"
        )
        raise DataError(msg)


def _classes(
    labels: NDArray[np.int64],
    names: Sequence[str],
    config: TableConfig,
    *,
    is_reread: bool = False,
) -> Target:
    if len(names) == 1:
        raise DataError(_one_value(names[0], config))
    if len(names) > config.max_classes:
        msg = (
            f"task.target={config.target} has {len(names)} different values, more than "
            f"task.max_classes={config.max_classes}: {listed(names)}. If they are classes, set "
            f"task.max_classes={len(names)}"
        )
        raise ConfigError(msg)
    return Target(labels.astype(np.int64), tuple(names), is_reread)


def _quantities(
    read: Numbers, exact: pa.ChunkedArray, config: TableConfig, *, is_reread: bool
) -> Target:
    """Return the target as quantities, in float64.

    Args:
        read: The target's values in float64.
        exact: The same values with all their digits, as text for a CSV file.
        config: The table's config.
        is_reread: See `Target.is_reread`.

    Raises:
        DataError: If the target never varies, or if a float64 cannot tell its values apart.
    """
    values = read.values
    n_found, n_exact = len(np.unique(values)), len(pc.unique(exact))
    step = float(np.spacing(np.abs(values).max()))
    with np.errstate(over="ignore", invalid="ignore"):  # refused where it is standardized
        deviation = float(values.std())
    if step > MOST_STEP * deviation and n_exact > n_found:
        msg = (
            f"{config.path}: the values of the target {config.target} are so large, and differ by "
            f"so little, that some of them are equal as float64 numbers: subtract a constant, "
            f"such as {exact[0]}, from all of them; or, if they are classes, set "
            f"task.kind=classification task.max_classes={n_exact}"
        )
        raise DataError(msg)
    if n_found == 1:
        raise DataError(_one_value(str(exact[0]), config))
    return Target(values, None, is_reread)


def _one_value(value: str, config: TableConfig) -> str:
    return (
        f"{config.path}: the target {config.target} is {value!r} in every row: there is nothing "
        "to learn"
    )
