"""Remarks on intervals in a report that are clipped to the possible errors, or are left out.

A t interval over few seeds may reach below 0, where no error can lie. The interval is clipped
there, and a remark says so, since it shows that the seeds are too few. There is no interval if all
values are equal.
"""

import math
from collections.abc import Iterable

import pandas as pd

from ffnn_lab.report.measures.replicates import COUNT, is_over_replicates
from ffnn_lab.report.sheets.sheet import Estimate, Sheet

HAIR = 1e-9
"""Largest difference between the halves of an interval that are taken for equal: then the interval
was not clipped."""
CUT = "an interval is cut where no error or no difference of errors lies beyond its end"
EQUAL = "no interval is given where all seeds came to the same value"


def in_caption(sheet: Sheet, numbers: pd.DataFrame) -> str:
    """Return the sentences on clipped and missing intervals for a table's caption; may be ``""``.

    Args:
        sheet: The sheet, which names the columns with intervals.
        numbers: The table of numbers of the sheet.
    """
    odd = [_odd(numbers, estimate) for estimate in sheet.estimates]
    said = [text for text, place in ((CUT, 0), (EQUAL, 1)) if any(each[place] for each in odd)]
    text = "".join(f" {text[0].upper()}{text[1:]}." for text in said)
    return _of_replicates(text) if is_over_replicates(numbers) else text


def _of_replicates(text: str) -> str:
    """Return a sentence on intervals over seeds, reworded for intervals over replicates."""
    return text.replace("seeds", "replicates")


def remarks(sheets: Iterable[tuple[Sheet, pd.DataFrame]]) -> list[str]:
    """Return sentences that name the intervals in a report that are clipped or left out.

    Args:
        sheets: The sheets of the report, each with its table of numbers.
    """
    cut: list[str] = []
    equal: list[str] = []
    is_over = False
    for sheet, numbers in sheets:
        is_over = is_over or is_over_replicates(numbers)
        for estimate in sheet.estimates:
            for found, rows in zip((cut, equal), _odd(numbers, estimate), strict=True):
                if rows and sheet.lists_rows:
                    found.append(f"{estimate.words} of {', '.join(rows)}")
                elif rows:
                    found.append(f"in {sheet.name.replace('_', ' ')}")
    why = {
        CUT: "the t interval of so few seeds reaches further",
        EQUAL: "equal values do not say how others would spread",
    }
    told = {
        text: f"{text}, for {why[text]}" for text, found in ((CUT, cut), (EQUAL, equal)) if found
    }
    return [
        f"{_of_replicates(said) if is_over else said}: "
        f"{'; '.join(dict.fromkeys(cut if text == CUT else equal))}"
        for text, said in told.items()
    ]


def _odd(numbers: pd.DataFrame, estimate: Estimate) -> tuple[list[str], list[str]]:
    """Return the names of rows whose interval is clipped, and of rows whose values are all equal.

    Args:
        numbers: The table of numbers of a sheet.
        estimate: The column of the table that is examined.
    """
    name = estimate.column
    ends = f"{name}.low", f"{name}.high"
    low, high = ends if ends[0] in numbers else ("low", "high")
    cut, equal = [], []
    for row in numbers.to_dict("records"):
        who = f"{row['arm']} - {row['baseline']}" if "baseline" in row else str(row["arm"])
        mean = float(row[name])
        if not math.isfinite(mean):
            continue
        if math.isnan(row[low]):
            if row[COUNT if COUNT in row else estimate.count] > 1:
                equal.append(who)
        elif abs((mean - row[low]) - (row[high] - mean)) > HAIR * max(1.0, abs(mean)):
            cut.append(who)
    return cut, equal
