"""Columns of the table of arms whose names depend on the sweep, and cells with edges."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ffnn_lab.report.text.cells import ABSENT

if TYPE_CHECKING:
    import pandas as pd

EDGES = ".n_low"
"""Suffix of a column that counts, for the axis before the suffix, the replicates whose best
setting lies on the axis's low edge."""


def tuning_score(table: "pd.DataFrame") -> str:
    """Return the name of the column with the tuning score, such as ``tune.dev.error``."""
    return next(str(column) for column in table if str(column).startswith("tune."))


def tuned_axes(table: "pd.DataFrame") -> list[str]:
    """Return the dotted names of the axes that were tuned, from the columns of a table of arms.

    These are the columns before the tuning score. A table over replicates lacks them, but has for
    each axis a column whose name ends in `EDGES`.
    """
    columns = [str(column) for column in table]
    if "setting" not in columns:
        return [each.removesuffix(EDGES) for each in columns if each.endswith(EDGES)]
    return columns[columns.index("setting") + 1 : columns.index(tuning_score(table))]


def short_edge(edge: str, axes: Sequence[str]) -> str:
    """Return the text of an edge with short names of axes; a dash if there is no edge.

    Args:
        edge: The text, such as ``optimizer.lr low``; this becomes ``lr low``.
        axes: Dotted names of all axes. A name is not shortened if its last part is not unique.
    """
    last = [axis.rpartition(".")[2] for axis in axes]
    for axis, short in zip(axes, last, strict=True):
        if last.count(short) == 1:
            edge = re.sub(rf"\b{re.escape(axis)} ", f"{short} ", edge)
    return edge or ABSENT
