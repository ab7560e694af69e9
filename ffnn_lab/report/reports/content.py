"""The content of a folder's report: tables, figures and remarks, computed from its records."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.figures.save import provenance
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.replicates import COUNT, LISTED
from ffnn_lab.report.reports import ends
from ffnn_lab.report.reports.captions import caption
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.sheets.sheet import Sheet
from ffnn_lab.report.text.cells import labeled
from ffnn_lab.report.text.notes import about_failed, notes
from ffnn_lab.report.text.over_replicates import notes_over_replicates
from ffnn_lab.report.text.separable import remarks as about_separable
from ffnn_lab.report.text.test_set import about_test_set
from ffnn_lab.report.text.units import units_of

REPLICATES = "replicates"
"""Heading of the number of replicates behind a row."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table that is ready to be printed and written."""

    name: str
    words: pd.DataFrame
    """The table as people read it."""
    numbers: pd.DataFrame | None
    """The table as programs read it; None where another one has its numbers."""
    is_printed: bool
    """False if it is only written."""
    caption: str
    """Above the table in LaTeX."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure that is ready to be written."""

    name: str
    figure: Figure
    points: pd.DataFrame
    source: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Content:
    """Everything that a report prints and writes, before it is printed or written."""

    records: Records
    sheets: Sequence[Table]
    drawings: Sequence[Drawing]
    remarks: Sequence[str]
    """Remarks that a reader needs beside the tables."""
    commands: Sequence[str] = ()
    """For each arm, the command that trains its best setting again, below the arm's name."""


def content_of(records: Records) -> Content:
    """Compute the report of a sweep, finished or not, or of single runs.

    Args:
        records: What `ffnn_lab.report.data.sweep.load` returns.
    """
    numbers = Numbers(records)
    tables, on_intervals = tables_of(numbers)
    drawings, left_out = _drawings_of(numbers)
    return Content(
        records,
        tables,
        drawings,
        remarks=[*_remarks_of(numbers), *on_intervals, *left_out],
        commands=_commands_of(numbers),
    )


def tables_of(numbers: Numbers) -> tuple[list[Table], list[str]]:
    """Return the tables of a report, and remarks on their intervals."""
    units = units_of(numbers.records.runs)
    found, shown = [], []
    for sheet in SHEETS.values():
        table = sheet.numbers(numbers) if numbers.kind in sheet.reports else None
        if table is None or table.empty:
            continue
        shown.append((sheet, table))
        lists_replicates = LISTED in table
        found.append(
            Table(
                sheet.name,
                units.reworded_table(_words_of(sheet, table, numbers)),
                table if sheet.has_csv or lists_replicates else None,
                is_printed=sheet.is_printed and not lists_replicates,
                caption=caption(numbers, sheet) + ends.in_caption(sheet, table),
            )
        )
    return found, ends.remarks(shown)


def _words_of(sheet: Sheet, table: pd.DataFrame, numbers: Numbers) -> pd.DataFrame:
    """Return a sheet as people read it, with what its intervals are over, and the replicates."""
    words = pd.DataFrame(sheet.words(table))
    if COUNT in table and REPLICATES not in words and len(words) == len(table):
        words[REPLICATES] = [str(n) for n in table[COUNT]]
    is_over = bool(numbers.replicates)
    return words.rename(columns=lambda name: labeled(name, is_over_replicates=is_over))


def _drawings_of(numbers: Numbers) -> tuple[list[Drawing], list[str]]:
    """Draw what can be drawn, and return remarks on what cannot."""
    units = units_of(numbers.records.runs)
    drawings, left_out = [], []
    for each in FIGURES.values():
        if numbers.kind not in each.reports:
            continue
        left_out += each.left_out(numbers)
        points = each.drawn(numbers)
        if points is None:
            continue
        with _looks_of(numbers):
            figure = each.figure(points)
        units.reword_figure_(figure)
        source = provenance(
            numbers.records.runs, run_ids=each.behind(numbers), commands=numbers.commands
        )
        drawings.append(Drawing(each.stem, figure, points, source))
    return drawings, left_out


def _looks_of(numbers: Numbers) -> AbstractContextManager[None]:
    """Draw arms in the colors of their optimizers, as the sweep's definition has them."""
    from ffnn_lab.report.figures.looks import arms_of  # noqa: PLC0415 - as figures are drawn

    is_sweep = isinstance(numbers.records, Sweep)
    return arms_of(numbers.sweep.definition) if is_sweep else nullcontext()


def _remarks_of(numbers: Numbers) -> list[str]:
    """Return what a reader must know of the records as a whole."""
    records = numbers.records
    if numbers.kind == Kind.RUN:
        return about_failed(records.runs, of=records.name)
    if numbers.kind == Kind.SEPARABLE:
        found = about_separable(numbers.sweep, numbers.separable)
        return [*found, *about_failed(records.runs, of=records.name)]
    if numbers.replicates:
        found = notes_over_replicates(numbers)
    else:
        found = notes(numbers.sweep, numbers.winners, numbers.arms)
    why = numbers.why_no_budgets
    found = [*found, *about_test_set(numbers)]
    return [*found, *([f"there are no budget curves: {why}"] if why else [])]


def _commands_of(numbers: Numbers) -> list[str]:
    if numbers.kind != Kind.SWEEP:
        return []
    first = numbers.replicates[0] if numbers.replicates else numbers
    of = ", replicate 0; tables/settings.csv has the others" if numbers.replicates else ""
    rows = first.arms.to_dict("records")
    return [f"# {row['arm']}{of}\n{row['command']}" for row in rows if row["command"]]
