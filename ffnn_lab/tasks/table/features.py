"""Columns as features, by what the train split knows."""

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table.categories import Words
from ffnn_lab.tasks.table.columns import Column, Numbers
from ffnn_lab.tasks.table.words import excluding
from ffnn_lab.tasks.task import DataError


def encoded(
    name: str, column: Column, train: NDArray[np.int64], config: TableConfig
) -> NDArray[np.float64]:
    """Compute a column's features, ``(N, n_features)``, by what the train split knows.

    Args:
        name: Of the column.
        column: Its values.
        train: Indices of the train split's rows.
        config: The table's.

    Raises:
        DataError: If there are too many categories, or nothing to impute from.
    """
    if isinstance(column, Words):
        if len(column.words) > config.max_categories:
            msg = (
                f"{config.path}: column {name} has {len(column.words)} different words, more than "
                f"task.max_categories={config.max_categories}. Names and ids are no features: "
                f"{excluding([name], config)}"
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
        return is_word.astype(np.float64)
    is_missing = np.isnan(column.values)
    if is_missing[train].all():
        raise DataError(_nothing_in_train(name, config))
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        return _number_features(name, column, train, config)


def _number_features(
    name: str, column: Numbers, train: NDArray[np.int64], config: TableConfig
) -> NDArray[np.float64]:
    is_missing = np.isnan(column.values)
    middle = float(column.values[train][~is_missing[train]].mean())
    if column.is_flag and config.missing == "impute":
        middle = float(2 * middle > 1)  # the more frequent one; false of as many
    values: NDArray[np.float64] = np.where(is_missing, middle, column.values)
    if config.scaling == "none" or column.is_flag:
        return values[:, None]
    center, deviation = float(values[train].mean()), float(values[train].std())
    # A column that never varies in train says nothing: it becomes 0, not NaN.
    scaled: NDArray[np.float64] = (values - center) / (deviation if deviation > 0 else 1.0)
    if not np.isfinite(scaled).all():
        msg = (
            f"{config.path}: column {name} has numbers up to {np.nanmax(np.abs(values)):g}, whose "
            "squares no float64 holds: divide them by a constant"
        )
        raise DataError(msg)
    return scaled[:, None]


def _nothing_in_train(name: str, config: TableConfig) -> str:
    return (
        f"{config.path}: nothing stands in {name} in the train split: {excluding([name], config)}"
    )
