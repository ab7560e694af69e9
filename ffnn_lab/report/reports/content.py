"""The content of a folder's report: tables, figures and remarks, computed from its records."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import learning_curves, separable_directions
from ffnn_lab.report.figures import separable as separable_figure
from ffnn_lab.report.figures.save import provenance
from ffnn_lab.report.measures import separable
from ffnn_lab.report.measures.tables import run_table
from ffnn_lab.report.reports.drawings import Drawing, drawings_of
from ffnn_lab.report.reports.sheets import Sheet, sheets_of
from ffnn_lab.report.text import render
from ffnn_lab.report.text.notes import about_failed, notes
from ffnn_lab.report.text.separable import readable
from ffnn_lab.report.text.separable import remarks as remarks_of
from ffnn_lab.report.text.units import units_of


@dataclass(frozen=True, eq=False)
class Content:
    """Everything that a report prints and writes, before it is printed or written."""

    records: Records
    sheets: Sequence[Sheet]
    drawings: Sequence[Drawing]
    remarks: Sequence[str]
    """What a reader must know beside the tables."""
    commands: Sequence[str] = ()
    """For each arm, the command that trains its best setting again, below the arm's name."""


def content_of(records: Records) -> Content:
    """Compute the report of a sweep, finished or not, or of a single run.

    Args:
        records: What `ffnn_lab.report.data.sweep.load` returns.
    """
    if not isinstance(records, Sweep):
        return _of_runs(records)
    return _of_separable(records) if separable.is_about(records) else _of_sweep(records)


def _of_sweep(sweep: Sweep) -> Content:
    winners = find_winners(sweep)
    tables = sheets_of(sweep, winners)
    drawings, undrawn = drawings_of(sweep, winners, tables)
    remarks = [*notes(sweep, winners, tables.arms), *tables.remarks, *undrawn]
    rows = tables.arms.to_dict("records")
    commands = [f"# {row['arm']}\n{row['command']}" for row in rows if row["command"]]
    sheets = _in_units(sweep, tables.sheets, drawings)
    return Content(sweep, sheets, drawings, remarks, commands)


def _of_separable(sweep: Sweep) -> Content:
    """Compute the report of a sweep whose settings are draws of one problem: no arm has a best."""
    found = separable.find(sweep)
    sheets = [
        Sheet(name, readable(table, keys), table)
        for name, table, keys in (
            ("separable", found.table, ["arm", *found.conditions]),
            ("separable_labeled", found.labeled, ["remark", "arm", *found.conditions]),
        )
        if len(table) > 0
    ]
    shown = found.runs[found.runs["remark"] == ""]
    drawings = []
    if len(shown) > 0:
        run_ids = {name: shown.loc[shown["arm"] == name, "run_id"].tolist() for name in sweep.arms}
        commands = [sweep.command, f"python -m analysis {sweep.name}"]
        source = provenance(sweep.runs, run_ids=run_ids, commands=commands)
        figure = separable_figure.figure(shown, found.conditions)
        drawings.append(Drawing("separable", figure, shown, source))
        points = separable_directions.points(sweep.directions, shown, found.conditions)
        if len(points) > 0:
            figure = separable_directions.figure(points, found.conditions)
            drawings.append(Drawing("separable_directions", figure, points, source))
    remarks = [*remarks_of(sweep, found), *about_failed(sweep.runs, of=sweep.name)]
    return Content(sweep, sheets, drawings, remarks)


def _of_runs(records: Records) -> Content:
    table = run_table(records)
    sheets = [Sheet("run", render.readable_runs(table), table)]
    drawings = []
    if len(records.runs) == 1:
        run_ids = {"run": records.runs["run_id"].tolist()}
        points = learning_curves.points(records.curves, records.runs, run_ids=run_ids)
        command = f"python -m analysis {records.name}"
        source = provenance(records.runs, run_ids=run_ids, commands=[command])
        figure = learning_curves.figure_of_run(points)
        drawings.append(Drawing("learning_curves", figure, points, source))
    sheets = _in_units(records, sheets, drawings)
    return Content(records, sheets, drawings, about_failed(records.runs, of=records.name))


def _in_units(
    records: Records, sheets: Sequence[Sheet], drawings: Sequence[Drawing]
) -> list[Sheet]:
    """Word sheets, and the axes of drawings in place, in the units of what the tasks predict."""
    units = units_of(records.runs)
    for drawing in drawings:
        units.reword_figure_(drawing.figure)
    return [replace(sheet, words=units.reworded_table(sheet.words)) for sheet in sheets]
