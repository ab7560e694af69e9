"""Fast functions that split tables of records by replicate."""

from itertools import pairwise

import numpy as np
import pandas as pd


def by_replicate(
    table: pd.DataFrame, replicates: "pd.Series[float]", n_replicates: int
) -> list[pd.DataFrame]:
    """Split a table into one table for each replicate, with a single sort.

    Args:
        table: A table of records.
        replicates: The number of each row's replicate, from 0; NaN for a row of no replicate.
        n_replicates: Number of replicates.

    Returns:
        The table of each replicate, rows in the order of ``table``; rows of no replicate are left
        out.
    """
    numbers = replicates.to_numpy(dtype=float)  # NaN for a run without a trial
    order = np.argsort(numbers, kind="stable")
    is_sorted = bool((order == np.arange(len(order))).all())
    ordered = table if is_sorted else table.iloc[order]
    ends = np.searchsorted(numbers[order], np.arange(n_replicates + 1)).tolist()
    return [ordered.iloc[start:end] for start, end in pairwise(ends)]


def quick_to_cut(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy of a table with many columns, from which pandas selects rows fast.

    Columns of strings get the dtype ``object``, so that pandas stores them in one array.
    """
    texts = [name for name in table if isinstance(table[name].dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, object)).copy()
