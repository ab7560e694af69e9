"""Columns of the table of arms that depend on the sweep, and the cells of its edges."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ffnn_lab.report.text.cells import ABSENT

if TYPE_CHECKING:
    import pandas as pd

EDGES = ".n_low"
"""Behind the name of an axis, the column of the replicates whose best lies on its low edge."""


def tuning_score(table: "pd.DataFrame") -> str:
    """Return the name of the column of the tuning score, such as ``tune.dev.error``."""
    return next(str(column) for column in table if str(column).startswith("tune."))


def tuned_axes(table: "pd.DataFrame") -> list[str]:
    """Return the names of the axes that were tuned: the columns before the tuning score.

    Over replicates there are none of these, but columns that count the edges of each axis.
    """
    columns = [str(column) for column in table]
    if "setting" not in columns:
        return [each.removesuffix(EDGES) for each in columns if each.endswith(EDGES)]
    return columns[columns.index("setting") + 1 : columns.index(tuning_score(table))]


def short_edge(edge: str, axes: Sequence[str]) -> str:
    """Return an edge flag, its names cut to their last part where only one axis has it."""
    last = [axis.rpartition(".")[2] for axis in axes]
    for axis, short in zip(axes, last, strict=True):
        if last.count(short) == 1:
            edge = re.sub(rf"\b{re.escape(axis)} ", f"{short} ", edge)
    return edge or ABSENT
