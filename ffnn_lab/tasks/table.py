"""The user's own table, in CSV or parquet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Union

from ffnn_lab.config.fields import one_of, ranged
from ffnn_lab.config.task import CutTaskConfig
from ffnn_lab.registry import register
from ffnn_lab.tasks.option import TaskOption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ffnn_lab.tasks.data.task import Task


@dataclass(kw_only=True)
class TableConfig(CutTaskConfig):
    """Config of the user's own table, in CSV or parquet, with a row for each example."""

    path: Union[str, None]  # noqa: UP007 - as above
    """Path of the file, from the working directory; a run's record has the full path."""
    target: Union[str, None]  # noqa: UP007 - as above
    """Name of the column to predict."""
    kind: str = one_of("auto", "classification", "regression")
    """Kind of the target. ``classification``: each different value is a class. ``regression``:
    numbers, standardized by their mean and standard deviation in train, are predicted by one
    output under the squared loss. ``auto``: classification for words, for true and false, and for
    whole numbers of at most ``max_classes`` different values; regression for other numbers."""
    exclude: list[str]
    """Names of the columns to leave out."""
    categorical: list[str]
    """Names of columns of numbers (or of text that looks like numbers) that are categories."""
    missing: str = one_of("refuse", "impute", "mean", "drop")
    """Treatment of missing values. ``refuse``: stop with an error that says where values are
    missing. ``impute``: put the train split's mean in place of a number, and its most frequent
    value (the first of several) in place of a category or of true and false. ``mean``: put the
    train split's mean in place of a number, and the share of true in place of true or false; where
    a category is missing, all features of its column are 0. ``drop``: leave out the rows in which
    a value is missing."""
    scaling: str = one_of("per_feature", "none")
    """Subtract the train split's mean from each column of numbers and divide by its standard
    deviation (per_feature), or leave the numbers unscaled (none). The features of categories, and
    of true and false, stay 0 and 1."""
    delimiter: str = one_of("auto", "comma", "semicolon", "tab")
    """Delimiter of the fields of a CSV file. ``auto``: a tab in a ``.tsv``, else a comma."""
    decimal: str = one_of("point", "comma", neutral="point")
    """Decimal sign of the numbers in a CSV file."""
    max_classes: int = ranged("[2, inf)")
    """Largest number of classes that a target may have."""
    max_categories: int = ranged("[2, inf)")
    """Largest number of different values that a column of categories may have."""
    sha256: Union[str, None]  # noqa: UP007 - as above
    """The checksum that the file must have. null accepts any file, and a run's record has the
    checksum that was found."""

    reading: Union[str, None] = one_of("exact", neutral=None)  # noqa: UP007 - as above
    """``exact`` for a table that versions without this field read wrongly; null for any other
    table, which all versions read alike. Those versions took two different classes or categories
    for one (whole numbers beyond 2^53, and in CSV numbers that differ in leading zeros: 0123 and
    123), or divided a column that is constant in train by its rounding error. The lab sets this
    field when it reads the table."""


def load(config: TableConfig, data: Path) -> Task:
    """Return the task of the user's table, its rows split and encoded as features."""
    from ffnn_lab.tasks.data.table import load_table  # noqa: PLC0415 - numpy, when it is needed

    return load_table(config, data)


def settle(config: TableConfig, data: Path) -> Mapping[str, str]:
    """Return the fields ``path`` (the full path), ``sha256`` and, if needed, ``reading``.

    Only reading the table shows whether ``reading`` is needed. The table is then cached for
    ``load_task``, and so is read once.

    Raises:
        UserError: If the table is missing, or cannot be learned from.
    """
    from ffnn_lab.tasks import load_task  # noqa: PLC0415 - it reads the registry
    from ffnn_lab.tasks.data.table import RereadError, settle_table  # noqa: PLC0415 - pyarrow

    settled: dict[str, Any] = dict(settle_table(config))
    try:
        load_task(replace(config, **settled), data)
    except RereadError:
        return {**settled, "reading": "exact"}
    return settled


register(
    TaskOption(
        name="table", order=4, config=TableConfig, load=load, settle=settle, file_field="path"
    )
)
