"""Tables over replicates, each a whole repeat of tune and confirm: means and their intervals.

The function that computes a table for a sweep with a single replicate computes it for each
replicate; `over_replicates` then averages the tables. So one function computes each number, and a
replicate counts as one value, however many seeds it has.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ffnn_lab.report.statistics import mean_interval, sample_std

COUNT = "n_replicates"
"""Name of the column with the number of replicates behind a row; only tables over replicates have
this column."""
LISTED = "replicate"
"""Name of the column with the index of the replicate, in concatenated tables of replicates."""


def is_over_replicates(table: pd.DataFrame) -> bool:
    """Return True if the rows of a table are means over replicates."""
    return COUNT in table


def listed(tables: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """Concatenate the tables of all replicates, with the replicate's index in the column `LISTED`.

    Args:
        tables: The table of each replicate in order; None or empty where there is nothing to show.
    """
    known = [(number, table) for number, table in enumerate(tables) if table is not None]
    kept = [each for each in known if len(each[1])] or known[:1]
    if not kept:
        return pd.DataFrame()
    table = pd.concat([of_one for _, of_one in kept], ignore_index=True)
    table.insert(0, LISTED, np.repeat([number for number, _ in kept], [len(t) for _, t in kept]))
    return table


def over_replicates(
    tables: Iterable[pd.DataFrame | None],
    *,
    by: Sequence[str],
    most: float,
    of: str | None = None,
    differences: Sequence[str] = (),
    plain: str = "",
) -> pd.DataFrame:
    """Average tables with the same columns over replicates.

    Args:
        tables: The table of each replicate in order; None or empty where there is nothing to show.
        by: The columns that identify a row.
        most: Highest possible error: intervals of errors are clipped to 0 and ``most``, intervals
            of ``differences`` to ``-most`` and ``most``.
        of: The column whose values the column `COUNT` counts; the first column with an interval if
            None.
        differences: The columns that are differences of errors.
        plain: The column whose interval is in the columns ``low`` and ``high``; all other
            intervals are in ``COLUMN.low`` and ``COLUMN.high``.

    Returns:
        One row per combination of the columns ``by``, in order of appearance. A column that has an
        interval becomes the mean over the replicates that have a value, with the ends of its 95%
        t interval over these replicates, and their sample standard deviation in ``COLUMN.std``
        (``std`` for the column ``plain``). Counts (``n_seeds``, ``runs.completed``) are added up,
        ids of runs are joined, and other numbers are averaged. A column of strings is kept if the
        replicates agree in every row. The column `COUNT` has the number of replicates.
    """
    table = listed(tables)
    if table.empty:
        return table
    columns = [str(each) for each in table if each not in (*by, LISTED)]
    ends = {
        name: ("low", "high") if name == plain else (f"{name}.low", f"{name}.high")
        for name in columns
        if name == plain or f"{name}.low" in columns
    }
    of = of or next(iter(ends))
    hidden = {end for pair in ends.values() for end in pair}
    groups = table.groupby(list(by), sort=False, observed=True)
    rows = []
    for key, rows_of in groups:
        row = dict(zip(by, key, strict=True)) | {COUNT: int(rows_of[of].notna().sum())}
        for name in columns:
            if name in ends:
                least = -most if name in differences else 0.0
                row |= _estimate(name, rows_of[name], ends[name], least, most)
            elif name not in hidden:
                row[name] = _joined(name, rows_of[name])
        rows.append(row)
    found = pd.DataFrame(rows)
    for name in by:  # grouping turned categories into strings
        found[name] = found[name].astype(table[name].dtype)
    mixed = [name for name in columns if name in found and any(map(_is_mixed, found[name]))]
    return found.drop(columns=mixed)


def _estimate(
    name: str, values: pd.Series, ends: tuple[str, str], least: float, most: float
) -> dict[str, float]:
    known = values.dropna().tolist()
    std = "std" if ends[0] == "low" else f"{name}.std"
    if not all(map(math.isfinite, known)):
        return {name: math.inf, ends[0]: math.nan, ends[1]: math.nan, std: math.nan}
    interval = mean_interval(known).within(least, most)
    return {
        name: interval.mean,
        ends[0]: interval.low,
        ends[1]: interval.high,
        std: sample_std(known),
    }


_MIXED = object()
"""Placeholder for a string on which the replicates of a row disagree."""


def _is_mixed(value: object) -> bool:
    return value is _MIXED


def is_count(name: str) -> bool:
    """Return True if a column counts something, and so is added up over replicates."""
    return name.rpartition(".")[2].startswith("n_") or name.startswith("runs.")


def _joined(name: str, values: pd.Series) -> object:
    """Combine the values of replicates: their sum, their mean, or the string that they share."""
    if name.endswith("run_ids"):
        return " ".join(text for text in values if text)
    if is_count(name):
        return int(values.fillna(0).sum())
    if pd.api.types.is_numeric_dtype(values):
        return float(values.mean()) if values.notna().any() else math.nan
    return values.iloc[0] if len(set(map(repr, values))) == 1 else _MIXED
