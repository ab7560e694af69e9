"""Formatting of numbers as cells of tables."""

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ABSENT = "-"
INTERVAL = "[95% interval]"
AT_ONE_SETTING = "[95% interval at this one setting]"
OVER_REPLICATES = "[95% interval over replicates]"
P = "p (Holm)"
PLUS_MINUS = "+-"


def interval_cells(
    table: "pd.DataFrame", name: str, *, ends: tuple[str, str] = ("low", "high")
) -> list[str]:
    """Return the cells of an estimate in percent, as in ``2.81 [2.50, 3.12]``.

    Args:
        table: A table of numbers, as rates.
        name: The column of the estimate.
        ends: The columns of the interval's ends, if there are no ``name.low`` and ``name.high``.

    Returns:
        A cell per row; without brackets if the row has no interval.
    """
    own = f"{name}.low", f"{name}.high"
    # A table with a single estimate calls the ends of its interval ``low`` and ``high``.
    low, high = own if own[0] in table else ends
    return [
        percent(mean) + ("" if math.isnan(start) else f" [{percent(start)}, {percent(end)}]")
        for mean, start, end in table[[name, low, high]].to_numpy()
    ]


def labeled(heading: str, *, is_over_replicates: bool) -> str:
    """Return a heading that tells if its interval or p value is over replicates or over seeds.

    Args:
        heading: Heading of a sheet's column.
        is_over_replicates: True for intervals over replicates; false for intervals over the seeds
            of one setting, in a sweep that was tuned once.
    """
    if is_over_replicates:
        return heading.replace(INTERVAL, OVER_REPLICATES)
    return heading.replace(INTERVAL, AT_ONE_SETTING).replace(P, f"{P} at this one setting")


def percent(rate: float) -> str:
    """Return a rate in percent, to two digits after the point, without the percent sign."""
    # Rounded first and 0 added, so that a rounding error is not written as -0.00.
    return ABSENT if math.isnan(rate) else f"{round(100 * rate, 2) + 0.0:.2f}"


def p_value(p: float) -> str:
    """Return a p value to three digits after the point, or ``<0.001``."""
    return ABSENT if math.isnan(p) else "<0.001" if p < 0.0005 else f"{p:.3f}"  # noqa: PLR2004


def counts(numbers: Iterable[int], what: str) -> str:
    """Return a count with its noun: ``5 seeds``, or ``9 to 10 seeds`` if the numbers differ.

    Args:
        numbers: The numbers to describe.
        what: The noun in the singular.
    """
    ends = sorted(set(numbers)) or [0]
    words = " to ".join(dict.fromkeys((str(ends[0]), str(ends[-1]))))
    return f"{words} {what}{'' if ends == [1] else 's'}"


def count_cell(n: object) -> str:
    """Return the cell of a count, which may be missing."""
    import pandas as pd  # noqa: PLC0415 - options of reports, which import this, must stay light

    return ABSENT if n is pd.NA else str(n)


def value_cell(value: object) -> str:
    """Return the cell of a setting's value: a float to three digits, text unchanged, else JSON."""
    if isinstance(value, float):
        return ABSENT if math.isnan(value) else f"{value:.3g}"
    import pandas as pd  # noqa: PLC0415 - as above

    if value is None or value is pd.NA:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, default=str)
