"""The option of a sheet: one table of a report, with its numbers, cells and caption."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ffnn_lab.registry import Option
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers

Words = Mapping[str, Sequence[str]]
"""The formatted cells of each column, one per row, by the column's heading."""


@dataclass(frozen=True)
class Estimate:
    """A column of a sheet's table of numbers that has an interval."""

    column: str
    """Name of the column; the ends of the interval are in ``column.low`` and ``column.high``, or
    in ``low`` and ``high``."""
    words: str
    """Name of the estimate in notes, such as ``test error``."""
    count: str = "n_seeds"
    """Name of the column with the number of values behind the estimate."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet(Option):
    """A table of a report: its numbers, their formatted cells, and its caption."""

    kind: ClassVar[str] = "sheet"
    numbers: Callable[["Numbers"], "pd.DataFrame | None"]
    """Function that computes the table of numbers; it returns None, or a table without rows, if
    there is nothing to show. A table over several replicates has a column that counts them
    (`ffnn_lab.report.measures.replicates.COUNT`), or, if the rows of all replicates are listed, a
    column with the number of each row's replicate."""
    words: Callable[["pd.DataFrame"], Words]
    """Function that turns a table of numbers, which has rows, into formatted cells. The report
    adds the number of replicates of each row, and writes into headings if intervals are over
    replicates."""
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that include the sheet."""
    is_printed: bool = True
    """False if the sheet is only written to files."""
    has_csv: bool = True
    """False if the CSV file of another sheet has the numbers. A table that lists the rows of all
    replicates is written all the same."""
    caption: str = ""
    """Caption in LaTeX; `ffnn_lab.report.reports.captions` replaces the fields in braces."""
    caption_over: str = ""
    """Caption of the table of a sweep with replicates; empty if it is the same as ``caption``."""
    caption_where: Mapping[str, str] = field(default_factory=dict)
    """Sentences that are added to the caption, each if the table of numbers has the column that is
    its key."""
    estimates: Sequence[Estimate] = ()
    """The columns with intervals; notes list those intervals that are clipped or left out."""
    is_of_all_conditions: bool = False
    """True if one table is about all conditions of a sweep together; otherwise each condition has
    its own rows, below those of the condition before."""
    lists_rows: bool = False
    """True if notes on clipped or missing intervals name the rows; otherwise they name the sheet
    alone."""
