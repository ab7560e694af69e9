"""A sheet: one table of a report, with all that is known of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.registry import Option
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers

Words = Mapping[str, Sequence[str]]
"""The cells of each column by its heading, one cell per row."""


@dataclass(frozen=True)
class Estimate:
    """A column of a sheet that has an interval."""

    column: str
    """Column of the estimate; its ends are ``column.low`` and ``column.high``, or ``low`` and
    ``high``."""
    words: str
    """Name of the estimate in notes."""
    count: str = "n_seeds"
    """The column that counts the values of the estimate."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet(Option):
    """A table of a report: its numbers, their formatted cells, and its caption."""

    kind: ClassVar[str] = "sheet"
    numbers: Callable[["Numbers"], "pd.DataFrame | None"]
    """Function that returns the table of numbers; None or empty if there is nothing to show. A
    table over several replicates has a column that counts them
    (`ffnn_lab.report.measures.replicates.COUNT`), or, if it lists the rows of all, a column that
    numbers them."""
    words: Callable[["pd.DataFrame"], Words]
    """Function from a table of numbers that has rows to its formatted cells. The report adds the
    number of replicates of a row, and writes into headings if intervals are over replicates."""
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that include the sheet."""
    is_printed: bool = True
    """False if the sheet is only written to files."""
    has_csv: bool = True
    """False if another sheet's file has its numbers; one that lists replicates has its own."""
    caption: str = ""
    """Caption in LaTeX; `ffnn_lab.report.reports.captions` fills in the fields in braces."""
    caption_over: str = ""
    """Caption of the table over replicates, if it is another."""
    caption_where: Mapping[str, str] = field(default_factory=dict)
    """By column, a further sentence of the caption if the table of numbers has the column."""
    estimates: Sequence[Estimate] = ()
    """The columns with intervals; notes name those that are clipped or left out."""
    is_of_all_conditions: bool = False
    """True if one table is about all conditions of a sweep together; otherwise there is a table
    under each condition, and these stand below each other."""
    lists_rows: bool = False
    """True if notes on the estimates name the rows; otherwise they name the sheet."""
