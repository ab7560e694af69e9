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
"""To each heading its cells, one per row."""


@dataclass(frozen=True)
class Estimate:
    """A column of a sheet that has an interval."""

    column: str
    """Its ends are ``column.low`` and ``column.high``, or ``low`` and ``high``."""
    words: str
    """What notes call it."""
    count: str = "n_seeds"
    """The column that counts the values behind it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet(Option):
    """A table of a report: its numbers, its words, and what is said of both."""

    kind: ClassVar[str] = "sheet"
    numbers: Callable[["Numbers"], "pd.DataFrame | None"]
    """The table of numbers; None, or without rows, where there is nothing to show. Over several
    replicates it has a column that counts them (`ffnn_lab.report.measures.replicates.COUNT`), or,
    if it lists the rows of all, one that numbers them."""
    words: Callable[["pd.DataFrame"], Words]
    """The table as people read it, from one of numbers that has rows. What an interval is over,
    and the replicates behind a row, are put in where a report is made."""
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that have it."""
    is_printed: bool = True
    """False if it is only written."""
    has_csv: bool = True
    """False if another sheet's file has its numbers; one that lists replicates has its own."""
    caption: str = ""
    """Above the table in LaTeX; `ffnn_lab.report.reports.captions` fills in what is in braces."""
    caption_over: str = ""
    """The same over replicates, where the caption is another."""
    caption_where: Mapping[str, str] = field(default_factory=dict)
    """To each column that the table of numbers may have a sentence more, where it has it."""
    estimates: Sequence[Estimate] = ()
    """Its intervals: notes tell which are cut or left out."""
    is_of_all_conditions: bool = False
    """True if its numbers are those of all conditions of a sweep together; else they are computed
    under each condition, and stand below each other."""
    lists_rows: bool = False
    """True if such notes name the rows; else they name the sheet."""
