"""The content of a folder's report: tables, figures and remarks, computed from the records."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.definition import Condition, label_of, name_under, short_names, value_text
from ffnn_lab.outside import first_line, slip_in
from ffnn_lab.registry import Option, source_of
from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.figures.save import provenance
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.measures.across import under_conditions
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.replicates import COUNT, LISTED
from ffnn_lab.report.reports import ends
from ffnn_lab.report.reports.captions import caption
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.sheets.sheet import Sheet
from ffnn_lab.report.text.cells import ABSENT, labeled
from ffnn_lab.report.text.notes import about_failed, notes
from ffnn_lab.report.text.over_replicates import notes_over_replicates
from ffnn_lab.report.text.separable import remarks as about_separable
from ffnn_lab.report.text.test_set import about_test_set
from ffnn_lab.report.text.units import units_of

MOST_LETTERS = 100
"""Longest label of a condition, in letters, that is used in the name of a file."""
_NOT_OF_FILES = re.compile(r"[^\w.,=+-]")
REPLICATES = "replicates"
"""Heading of the column with the number of replicates behind a row."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table of a report, ready to be printed and written."""

    name: str
    words: pd.DataFrame
    """The table as strings: the formatted cells."""
    numbers: pd.DataFrame | None
    """The table of numbers, which is written as CSV; None if the CSV file of another table has
    them."""
    is_printed: bool
    """False if the table is only written to files."""
    caption: str
    """Caption of the table in LaTeX."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure of a report, ready to be written, with its table of points and its provenance."""

    name: str
    figure: Figure
    points: pd.DataFrame
    source: Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Content:
    """A whole report, before it is printed and written."""

    records: Records
    sheets: Sequence[Table]
    drawings: Sequence[Drawing]
    remarks: Sequence[str]
    """Sentences that a reader needs beside the tables."""
    commands: Sequence[str] = ()
    """For each arm its name, as a comment, and the command that trains its best setting again."""


def content_of(records: Records) -> Content:
    """Compute the report of a sweep, finished or not, or of single runs.

    Args:
        records: Records that `ffnn_lab.report.data.sweep.load` returns.
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
    """Compute the tables of a report.

    Args:
        numbers: The records, and all tables of numbers that are computed from them.

    Returns:
        The tables, and remarks: on clipped or missing intervals, and on sheets of the user that
        failed.
    """
    found: list[Table] = []
    shown: list[tuple[Sheet, pd.DataFrame]] = []
    failed: list[str] = []
    for sheet in SHEETS.values():
        with _told(sheet, failed):
            tables = _tables_of(sheet, numbers) if numbers.kind in sheet.reports else []
            if not tables:
                continue
            in_full = under_conditions(
                [_named_in_full(table, each.condition) for table, each in tables],
                [{} for _ in tables],
            )
            found.append(_table(sheet, tables, numbers, in_full))
            shown.append((sheet, in_full))
    return found, [*ends.remarks(shown), *failed]


def _table(
    sheet: Sheet,
    tables: Sequence[tuple[pd.DataFrame, Numbers]],
    numbers: Numbers,
    in_full: pd.DataFrame,
) -> Table:
    """Combine a sheet's tables under all conditions into one table.

    Args:
        sheet: The sheet.
        tables: The table of numbers under each condition, with the `Numbers` of that condition.
        numbers: The `Numbers` of the whole sweep.
        in_full: All rows of ``tables``, whose arms have the names that they have in the whole
            sweep.
    """
    conditions = [each.condition for _, each in tables]
    table = under_conditions([table for table, _ in tables], conditions)
    words = under_conditions(
        [_words_of(sheet, table, each) for table, each in tables],
        [_condition_words(condition) for condition in conditions],
    )
    lists_replicates = LISTED in table
    return Table(
        sheet.name,
        units_of(numbers.records.runs).reworded_table(words.fillna(ABSENT)),
        table if sheet.has_csv or lists_replicates else None,
        is_printed=sheet.is_printed and not lists_replicates,
        caption=caption(numbers, sheet) + ends.in_caption(sheet, in_full),
    )


def _tables_of(sheet: Sheet, numbers: Numbers) -> list[tuple[pd.DataFrame, Numbers]]:
    """Return the sheet's table of numbers and the `Numbers` of each condition that has rows."""
    comparisons = (numbers,) if sheet.is_of_all_conditions else numbers.comparisons
    tables = [(sheet.numbers(each), each) for each in comparisons]
    return [(table, each) for table, each in tables if table is not None and len(table)]


def _named_in_full(table: pd.DataFrame, condition: Condition) -> pd.DataFrame:
    """Return a table whose arms are renamed to their names in the whole sweep, as ``adam@n=25``.

    Args:
        table: A table of the arms under one condition, in which names lack the condition.
        condition: The condition; if it is empty, names are not changed.
    """
    names = [name for name in ("arm", "baseline") if name in table and condition]
    return table.assign(
        **{name: [name_under(str(arm), condition) for arm in table[name]] for name in names}
    )


def _condition_words(condition: Condition) -> dict[str, str]:
    """Return the formatted values of a condition by the short names of its fields."""
    short = short_names(condition)
    return {short[key]: value_text(value) for key, value in condition.items()}


def _words_of(sheet: Sheet, table: pd.DataFrame, numbers: Numbers) -> pd.DataFrame:
    """Return the formatted cells of a sheet under one condition.

    Headings tell whether intervals are over seeds or over replicates, and a column with the number
    of replicates is added.

    Args:
        sheet: The sheet.
        table: The sheet's table of numbers under the condition.
        numbers: The `Numbers` of the condition.
    """
    words = pd.DataFrame(sheet.words(table))
    if COUNT in table and REPLICATES not in words and len(words) == len(table):
        words[REPLICATES] = [str(n) for n in table[COUNT]]
    is_over = isinstance(numbers.records, Sweep) and numbers.records.definition.n_replicates > 1
    return words.rename(columns=lambda name: labeled(name, is_over_replicates=is_over))


def _drawings_of(numbers: Numbers) -> tuple[list[Drawing], list[str]]:
    """Draw the figures of a report that have points, and return remarks on what they leave out."""
    drawings: list[Drawing] = []
    left_out: list[str] = []
    for each in FIGURES.values():
        if numbers.kind not in each.reports:
            continue
        with _told(each, left_out):
            for shown in (numbers,) if each.is_of_all_conditions else numbers.comparisons:
                under = label_of(shown.condition)
                remarks = each.left_out(shown)
                left_out += [f"{under}: {remark}" if under else remark for remark in remarks]
                points = each.drawn(shown)
                if points is not None:
                    drawings.append(_drawn(each, points, shown, numbers))
    return drawings, left_out


def _drawn(each: ReportFigure, points: pd.DataFrame, shown: Numbers, numbers: Numbers) -> Drawing:
    """Draw a figure under one condition, or of all conditions together.

    Args:
        each: The figure.
        points: The table that the figure shows.
        shown: The `Numbers` of the condition; those of the whole sweep for all conditions.
        numbers: The `Numbers` of the whole sweep.
    """
    under = label_of(shown.condition)
    with _looks_of(shown):
        figure = each.figure(points)
    if source_of(each.kind, each.name):
        _check_drawn(figure, points)
    units_of(numbers.records.runs).reword_figure_(figure)
    if under:
        _title(figure, under)
    runs, behind = shown.records.runs, each.behind(shown)
    source = provenance(runs, run_ids=behind, commands=numbers.commands)
    return Drawing(stem_under(each.stem, under, numbers), figure, points, source)


def _check_drawn(figure: object, points: object) -> None:
    """Check that a user's own figure can be written: it is drawn once, into memory.

    Args:
        figure: The value that ``figure`` returned.
        points: The value that ``points`` returned.

    Raises:
        TypeError: If one of the two has another type than it must have.
        Exception: Any error that matplotlib raises when it draws the figure.
    """
    if not isinstance(points, pd.DataFrame):
        msg = f"points must return a DataFrame, got {type(points).__name__}"
        raise TypeError(msg)
    if not hasattr(figure, "savefig"):
        msg = f"figure must return a matplotlib Figure, got {type(figure).__name__}"
        raise TypeError(msg)
    with style.context():
        figure.savefig(io.BytesIO(), format="pdf")


@contextmanager
def _told(option: Option, remarks: list[str]) -> Iterator[None]:
    """Turn an error in a user's own figure or sheet, inside the ``with`` block, into a remark.

    Args:
        option: The figure or sheet. An error in one that belongs to the lab is raised.
        remarks: List to which the remark is added.
    """
    try:
        yield
    except Exception as error:
        if source_of(option.kind, option.name) is None:
            raise
        remarks.append(f"{option.name} is left out: {slip_in(error) or first_line(error)}")


def _title(figure: Figure, label: str) -> None:
    """Add the label of a condition to the title of a figure, as a line of its own above it."""
    title = figure.get_suptitle()
    with style.context():
        figure.suptitle("\n".join(filter(None, (style.drawable(label), title))))


def stem_under(stem: str, label: str, numbers: Numbers) -> str:
    """Return the name, without suffix, of a figure's files: ``learning_curves@n=25``.

    Args:
        stem: Name of the figure.
        label: Label of the condition; empty for a figure of all conditions.
        numbers: Numbers of the whole sweep. If labels are too long for a file name, or two labels
            would give the same file name, the index of the condition replaces the label.
    """
    if not label:
        return stem
    labels = [label_of(each.condition) for each in numbers.conditions]
    names = [_NOT_OF_FILES.sub("_", each) for each in labels]
    if len(set(names)) < len(names) or max(map(len, names)) > MOST_LETTERS:
        names = [str(place) for place in range(len(labels))]
    return f"{stem}@{names[labels.index(label)]}"


def _looks_of(numbers: Numbers) -> AbstractContextManager[None]:
    """Return a context in which arms have the looks that the sweep's definition gives them."""
    from ffnn_lab.report.figures.looks import arms_of  # noqa: PLC0415 - as figures are drawn

    is_sweep = isinstance(numbers.records, Sweep)
    return arms_of(numbers.sweep.definition) if is_sweep else nullcontext()


def _remarks_of(numbers: Numbers) -> list[str]:
    """Return the remarks that a reader of the report needs, other than those on intervals."""
    records = numbers.records
    if numbers.kind == Kind.RUN:
        return about_failed(records.runs, of=records.name)
    if numbers.kind == Kind.SEPARABLE:
        found = about_separable(numbers.sweep, numbers.separable)
        return [*found, *about_failed(records.runs, of=records.name)]
    of_each = {label_of(each.condition): _remarks_under(each) for each in numbers.comparisons}
    found = []
    for label, remarks in of_each.items():
        for remark in remarks:
            is_of_all = all(remark in others for others in of_each.values())
            told = remark if is_of_all else f"{label}: {remark}"
            found += [told] if told not in found else []
    return found


def _remarks_under(numbers: Numbers) -> list[str]:
    """Return the remarks that a reader needs on the comparison under one condition."""
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
    found = []
    for each in numbers.comparisons:
        first = each.replicates[0] if each.replicates else each
        of = ", replicate 0; tables/settings.csv has the others" if each.replicates else ""
        for row in first.arms.to_dict("records"):
            name = name_under(row["arm"], each.condition)
            found += [f"# {name}{of}\n{row['command']}"] if row["command"] else []
    return found
