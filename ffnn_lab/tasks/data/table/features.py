"""Encode columns as features, with statistics and categories of the train split."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.tasks.data.table.categories import Words
from ffnn_lab.tasks.data.table.columns import Column, Numbers
from ffnn_lab.tasks.data.table.words import excluding
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig


@dataclass(frozen=True)
class Features:
    """The features that encode one column."""

    values: NDArray[np.float64]
    """Values of the features in each row, ``(N, n_features)``."""
    is_reread: bool
    """True if versions without the field ``task.reading`` computed other features."""


def encoded(name: str, column: Column, train: NDArray[np.int64], config: TableConfig) -> Features:
    """Encode a column as features, with statistics and categories of the train split.

    A column of numbers becomes one feature, which is scaled; a column of true and false becomes
    one feature of 1 and 0; a column of categories becomes a feature of 1 and 0 for each category
    that occurs in train.

    Args:
        name: Name of the column.
        column: The column's values.
        train: Indices of the train split's rows.
        config: The table's config.

    Raises:
        DataError: If the column has more categories than ``task.max_categories``, no value in
            train that is needed, or numbers too large to be scaled.
    """
    if isinstance(column, Words):
        if len(column.words) > config.max_categories:
            msg = (
                f"{config.path}: column {name} has {len(column.words)} different words, more than "
                f"task.max_categories={config.max_categories}. If they are names or ids, leave "
                f"the column out: {excluding([name], config)}"
            )
            raise DataError(msg)
        codes = column.codes
        known, counts = np.unique(codes[train], return_counts=True)
        known, counts = known[known >= 0], counts[known >= 0]
        if config.missing == "impute" and (codes < 0).any():
            if len(known) == 0:
                raise DataError(_nothing_in_train(name, config))
            codes = np.where(codes < 0, known[counts.argmax()], codes)  # the first of several
        is_word: NDArray[np.bool_] = codes[:, None] == known
        return Features(is_word.astype(np.float64), column.is_reread)
    is_missing = np.isnan(column.values)
    if is_missing[train].all():
        raise DataError(_nothing_in_train(name, config))
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        return _number_features(name, column, train, config)


def _number_features(
    name: str, column: Numbers, train: NDArray[np.int64], config: TableConfig
) -> Features:
    is_missing = np.isnan(column.values)
    known = column.values[train][~is_missing[train]]
    middle = float(known.mean())
    if column.is_flag and config.missing == "impute":
        middle = float(2 * middle > 1)  # the more frequent value; false on a tie
    values: NDArray[np.float64] = np.where(is_missing, middle, column.values)
    if config.scaling == "none" or column.is_flag:
        return Features(values[:, None], is_reread=False)
    center, deviation = float(values[train].mean()), float(values[train].std())
    # The mean of equal numbers, such as 0.1, may differ from them in its last digit. Earlier
    # versions took that for a deviation, and divided other numbers outside of train by it.
    is_noise = known.min() == known.max() and deviation > 0
    is_reread = bool(is_noise and (values != known[0]).any())
    if is_reread or (is_noise and config.reading == "exact"):
        values = np.where(is_missing, known[0], column.values)
        center, deviation = float(known[0]), 0.0
    # A column that never varies in train says nothing: it becomes 0, not NaN.
    scaled: NDArray[np.float64] = (values - center) / (deviation if deviation > 0 else 1.0)
    if not np.isfinite(scaled).all():
        msg = (
            f"{config.path}: column {name} has numbers up to {np.abs(values).max():g}, whose "
            "squares are too large for a float64: divide the numbers by a constant"
        )
        raise DataError(msg)
    return Features(scaled[:, None], is_reread)


def _nothing_in_train(name: str, config: TableConfig) -> str:
    return (
        f"{config.path}: there are no values in {name} in the train split; leave it out: "
        f"{excluding([name], config)}"
    )
