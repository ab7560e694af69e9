"""Columns as features, by what the train split knows."""

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table.columns import Column, Words
from ffnn_lab.tasks.table.words import excluding
from ffnn_lab.tasks.task import DataError


def encoded(
    name: str, column: Column, train: NDArray[np.int64], config: TableConfig
) -> NDArray[np.float64]:
    """Make a column's features, ``(N, how many)``, by what the train split knows."""
    if isinstance(column, Words):
        if len(column.words) > config.max_categories:
            msg = (
                f"{config.path}: column {name} has {len(column.words)} different words, more than "
                f"task.max_categories={config.max_categories}. Names and ids are no features: "
                f"{excluding([name], config)}"
            )
            raise DataError(msg)
        known = np.unique(column.codes[train])
        is_word: NDArray[np.bool_] = column.codes[:, None] == known[known >= 0]
        return is_word.astype(np.float64)
    is_missing = np.isnan(column.values)
    if is_missing[train].all():
        msg = (
            f"{config.path}: nothing stands in {name} in the train split: "
            f"{excluding([name], config)}"
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
