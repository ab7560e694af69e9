"""The column that is to be predicted: classes or quantities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffnn_lab.config import ConfigError
from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.table.columns import Column, Words
from ffnn_lab.tasks.table.words import listed
from ffnn_lab.tasks.task import DataError


@dataclass(frozen=True)
class Target:
    """What is to be predicted."""

    values: NDArray[np.int64] | NDArray[np.float64]
    """``(N,)``: classes by number, or quantities."""
    class_names: tuple[str, ...] | None
    """Of each class; None for regression."""


def read_target(column: Column, config: TableConfig) -> Target:
    """Return the target as classes or as quantities, by ``task.kind``.

    Raises:
        UserError: If it cannot be learned.
    """
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
