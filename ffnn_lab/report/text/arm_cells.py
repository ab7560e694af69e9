"""Columns of the table of arms that depend on the sweep, and the cells of its edges."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ffnn_lab.report.text.cells import ABSENT

if TYPE_CHECKING:
    import pandas as pd

EDGES = ".n_low"
"""Suffix of an axis's column that counts the replicates whose winner lies on its low edge."""


def tuning_score(table: "pd.DataFrame") -> str:
    """Return the name of the column of the tuning score, such as ``tune.dev.error``."""
    return next(str(column) for column in table if str(column).startswith("tune."))


def tuned_axes(table: "pd.DataFrame") -> list[str]:
    """Return the names of the axes that were tuned: the columns before the tuning score.

    A table over replicates lacks these columns, but has columns that count each axis's edges.
    """
    columns = [str(column) for column in table]
    if "setting" not in columns:
        return [each.removesuffix(EDGES) for each in columns if each.endswith(EDGES)]
    return columns[columns.index("setting") + 1 : columns.index(tuning_score(table))]


def short_edge(edge: str, axes: Sequence[str]) -> str:
    """Return an edge flag with axis names shortened to their last part where that is unique."""
    last = [axis.rpartition(".")[2] for axis in axes]
    for axis, short in zip(axes, last, strict=True):
        if last.count(short) == 1:
            edge = re.sub(rf"\b{re.escape(axis)} ", f"{short} ", edge)
    return edge or ABSENT
