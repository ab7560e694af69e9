"""The sheet ``budgets``: the expected best score by the number of settings tried."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Sheet, Words
from ffnn_lab.report.text.cells import ABSENT, interval_cells

if TYPE_CHECKING:
    import pandas as pd


RATIO = 2
"""Ratio of the numbers of settings in a table, which are 1, 2, 4, ..., and all that were drawn."""


def words(table: "pd.DataFrame") -> Words:
    """Return the expected best scores of 1, 2, 4, ... settings, one row per arm."""
    split, metric = table[["split", "metric"]].iloc[0]
    unit = "%" if metric == "error" else "nats"
    most = int(table["n_settings"].max())
    budgets = [n for n in (*(RATIO**k for k in range(most.bit_length())), most) if n <= most]
    words: dict[str, list[str]] = {"arm": []}
    for arm, rows in table.groupby("arm", observed=True):
        words["arm"].append(str(arm))
        for n_settings in dict.fromkeys(budgets):
            heading = f"best of {n_settings}, {split} {metric} ({unit})"
            at = rows[rows["n_settings"] == n_settings]
            words.setdefault(heading, []).append(_cell(at, is_error=metric == "error"))
    return words


def _cell(rows: "pd.DataFrame", *, is_error: bool) -> str:
    if rows.empty or not math.isfinite(rows["expected"].iloc[0]):
        return ABSENT
    return interval_cells(rows, "expected")[0] if is_error else f"{rows['expected'].iloc[0]:.3g}"


register(
    Sheet(
        name="budgets",
        order=8,
        numbers=lambda numbers: numbers.budgets,
        words=words,
        is_printed=False,
        caption="Expected score of the best of so many settings of random search, in brackets its "
        "{percent} jackknife interval, as far as a quarter of the settings drawn; {tuning} each.",
        caption_over="Expected score of the best of so many settings of random search, in "
        "brackets its {percent} t interval over replicates; {tuning} each.",
    )
)
