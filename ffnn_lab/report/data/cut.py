"""Splitting of tables of records by replicate."""

from itertools import pairwise

import numpy as np
import pandas as pd


def by_replicate(
    table: pd.DataFrame, replicates: "pd.Series[float]", n_replicates: int
) -> list[pd.DataFrame]:
    """Split a table by replicate, rows in their order, with a single sort."""
    numbers = replicates.to_numpy(dtype=float)  # NaN for a run without a trial
    order = np.argsort(numbers, kind="stable")
    is_sorted = bool((order == np.arange(len(order))).all())
    ordered = table if is_sorted else table.iloc[order]
    ends = np.searchsorted(numbers[order], np.arange(n_replicates + 1)).tolist()
    return [ordered.iloc[start:end] for start, end in pairwise(ends)]


def quick_to_cut(table: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table with its strings as one block of objects, of which rows are cut fast."""
    texts = [name for name in table if isinstance(table[name].dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, object)).copy()
