"""The sheet ``across``: test errors and declared differences under each condition of a sweep."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.definition import label_of
from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Sheet, Words
from ffnn_lab.report.text.cells import ABSENT, INTERVAL, percent

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers

HEADING = f"test error (%), or difference (percentage points) {INTERVAL}"


def numbers(numbers: "Numbers") -> "pd.DataFrame | None":
    """Return the table of `across_table`; None for a sweep without conditions."""
    return numbers.across


def words(table: "pd.DataFrame") -> Words:
    """Return a row for each arm and each declared pair of arms, a column for each condition."""
    columns = [str(column) for column in table]
    keys = columns[: columns.index("of")]
    labels = [label_of(dict(zip(keys, row, strict=True))) for row in table[keys].to_numpy()]
    names = [
        f"{arm} - {base}" if base else str(arm)
        for arm, base in zip(table["arm"], table["baseline"], strict=True)
    ]
    cells = {
        (name, label): _cell(*estimate)
        for name, label, estimate in zip(
            names, labels, table[["value", "low", "high"]].to_numpy().tolist(), strict=True
        )
    }
    rows = list(dict.fromkeys(names))
    return {
        HEADING: rows,
        **{
            label: [cells.get((name, label), ABSENT) for name in rows]
            for label in dict.fromkeys(labels)
        },
    }


def _cell(value: float, low: float, high: float) -> str:
    ends = "" if math.isnan(low) else f" [{percent(low)}, {percent(high)}]"
    return percent(value) + ends


register(
    Sheet(
        name="across",
        order=14,
        numbers=numbers,
        words=words,
        is_of_all_conditions=True,
        caption="Test errors, and declared differences, under each condition: means over {n}, "
        "{t}. Conditions are not compared with one another.",
    )
)
