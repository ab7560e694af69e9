"""Tables of records, cut into those of each replicate."""

from itertools import pairwise

import numpy as np
import pandas as pd


def by_replicate(
    table: pd.DataFrame, replicates: "pd.Series[float]", n_replicates: int
) -> list[pd.DataFrame]:
    """Cut a table into the rows of each replicate, in their order, by one sort of them all."""
    numbers = replicates.to_numpy(dtype=float)  # NaN of a run that no trial names
    order = np.argsort(numbers, kind="stable")
    is_sorted = bool((order == np.arange(len(order))).all())
    ordered = table if is_sorted else table.iloc[order]
    ends = np.searchsorted(numbers[order], np.arange(n_replicates + 1)).tolist()
    return [ordered.iloc[start:end] for start, end in pairwise(ends)]


def quick_to_cut(table: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table with its texts in one block, of which rows are taken in one go."""
    texts = [name for name in table if isinstance(table[name].dtype, pd.StringDtype)]
    return table.astype(dict.fromkeys(texts, object)).copy()
