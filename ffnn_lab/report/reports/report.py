"""The report of a folder: prints its tables, writes tables and figures, tells the paths."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ffnn_lab.report.data.sweep import Records, Sweep, load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import learning_curves, separable_directions
from ffnn_lab.report.figures import separable as separable_figure
from ffnn_lab.report.figures.save import provenance, save
from ffnn_lab.report.measures import separable
from ffnn_lab.report.measures.tables import run_table
from ffnn_lab.report.places import SUFFIXES, TEXTS, PlaceError, check_place, write_text
from ffnn_lab.report.reports.drawings import FIGURES, Drawing, drawings_of
from ffnn_lab.report.reports.preflight import report_files
from ffnn_lab.report.reports.sheets import SHEETS, Sheet, sheets_of
from ffnn_lab.report.text import render
from ffnn_lab.report.text.notes import about_failed, notes
from ffnn_lab.report.text.separable import readable
from ffnn_lab.report.text.separable import remarks as remarks_of
from ffnn_lab.report.text.units import units_of


def report(folder: Path, *, to: Path | None = None, console: Console | None = None) -> list[Path]:
    """Report a sweep, finished or not, or a single run.

    Args:
        folder: Its folder, with ``runs/`` and, for a sweep, ``trials/`` and ``definition.json``.
        to: The folder in which ``tables/`` and ``figures/`` are written; ``folder`` if None.
        console: Where to print; standard output if None.

    Returns:
        The files written.

    Raises:
        RecordError: If there are no records, or something is damaged; then nothing is written.
        PlaceError: If the files cannot be written; then nothing is.
    """
    console = console or Console()
    records = load(folder)
    to = to or folder
    if (to / "runs").is_dir() and to.resolve() != folder.resolve():
        msg = f"{to} has records of its own; choose a folder that is no sweep's and no run's"
        raise PlaceError(msg)
    advice = f"python -m analysis {shlex.quote(str(folder))} --to FOLDER writes it elsewhere"
    check_place(to, report_files(), advice=advice)
    if isinstance(records, Sweep) and separable.is_about(records):
        paths = _report_separable(records, to, console)
    elif isinstance(records, Sweep):
        paths = _report_sweep(records, to, console)
    else:
        paths = _report_runs(records, to, console)
    folders = Counter(path.parent for path in paths)
    _say_list("Written", [f"{n} files in {each}" for each, n in folders.items()], console)
    return paths


def _report_sweep(sweep: Sweep, to: Path, console: Console) -> list[Path]:
    winners = find_winners(sweep)
    tables = sheets_of(sweep, winners)
    drawings, undrawn = drawings_of(sweep, winners, tables)
    arms, sheets = tables.arms, _in_units(sweep, tables.sheets, drawings)
    removed = _remove_stale(to, sheets, drawings)
    remarks = [
        f"- {remark}"
        for remark in [*notes(sweep, winners, arms), *tables.remarks, *undrawn, *removed]
    ]
    commands = [
        f"# {row['arm']}\n{row['command']}" for row in arms.to_dict("records") if row["command"]
    ]

    _show(sweep, sheets, to, console)
    _say_list("Notes", remarks, console)
    _say_list("To train each best setting again", commands, console)
    paths = _write_sheets(sweep, sheets, to)
    page = _page(sweep, sheets, remarks, commands, to)
    return [*paths, page, *_write_drawings(to, drawings)]


def _report_separable(sweep: Sweep, to: Path, console: Console) -> list[Path]:
    """Report a sweep whose settings are draws of one problem: no arm has a best one."""
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
    said = [*remarks_of(sweep, found), *about_failed(sweep.runs, of=sweep.name)]
    said += _remove_stale(to, sheets, drawings)
    remarks = [f"- {remark}" for remark in said]
    _show(sweep, sheets, to, console)
    _say_list("Notes", remarks, console)
    page = _page(sweep, sheets, remarks, [], to)
    return [*_write_sheets(sweep, sheets, to), page, *_write_drawings(to, drawings)]


def _report_runs(records: Records, to: Path, console: Console) -> list[Path]:
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
    remarks = about_failed(records.runs, of=records.name)
    remarks += _remove_stale(to, sheets, drawings)
    _show(records, sheets, to, console)
    _say_list("Notes", [f"- {remark}" for remark in remarks], console)
    return _write_sheets(records, sheets, to) + _write_drawings(to, drawings)


def _in_units(
    records: Records, sheets: Sequence[Sheet], drawings: Sequence[Drawing]
) -> list[Sheet]:
    """Word sheets, and the axes of drawings in place, in the units of what the tasks predict."""
    units = units_of(records.runs)
    for drawing in drawings:
        units.reword_figure_(drawing.figure)
    return [replace(sheet, words=units.reworded_table(sheet.words)) for sheet in sheets]


def _remove_stale(folder: Path, sheets: Sequence[Sheet], drawings: Sequence[Drawing]) -> list[str]:
    """Remove what an earlier report wrote and this one does not, lest it be taken for news."""
    kinds = (
        ("tables", set(SHEETS) - {sheet.name for sheet in sheets}, TEXTS),
        ("figures", set(FIGURES) - {drawing.name for drawing in drawings}, SUFFIXES),
    )
    found = []
    for kind, names, suffixes in kinds:
        for name in sorted(names):
            paths = [folder / kind / f"{name}.{suffix}" for suffix in suffixes]
            stale = [path for path in paths if path.exists()]
            for path in stale:
                path.unlink()
            if stale:
                found.append(
                    f"{kind}/{name}.* were of an earlier report and are removed: the records give "
                    "them no more"
                )
    return found


def _show(records: Records, sheets: Sequence[Sheet], to: Path, console: Console) -> None:
    for sheet in sheets:
        title = f"{records.name}: {sheet.name.replace('_', ' ')}"
        if sheet.is_printed:
            render.show(sheet.words, title=title, console=console)
    more = [sheet.name.replace("_", " ") for sheet in sheets if not sheet.is_printed]
    if more:
        text = f"In {to / 'tables' / 'report.md'} also: {', '.join(more)}\n"
        render.say(text, console=console)


def _say_list(title: str, lines: Sequence[str], console: Console) -> None:
    if lines:
        render.say("\n".join([f"{title}:", *lines, ""]), console=console)


def _write_sheets(records: Records, sheets: Sequence[Sheet], to: Path) -> list[Path]:
    tables = to / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in sheets:
        if sheet.numbers is not None:
            paths.append(tables / f"{sheet.name}.csv")
            sheet.numbers.to_csv(paths[-1], index=False)
        name = records.name
        caption = sheet.caption or f"{name}: {sheet.name.replace('_', ' ')}."
        label = f"tab:{name}:{sheet.name}"
        for suffix, text in (
            ("md", render.to_markdown(sheet.words)),
            ("tex", render.to_latex(sheet.words, caption=caption, label=label)),
        ):
            paths.append(tables / f"{sheet.name}.{suffix}")
            write_text(paths[-1], text)
    return paths


def _page(
    sweep: Sweep,
    sheets: Sequence[Sheet],
    remarks: Sequence[str],
    commands: Sequence[str],
    to: Path,
) -> Path:
    """Write everything, what was printed and what was not, as one page of Markdown."""
    parts = [f"# {render.markdown(sweep.name)}"]
    for sheet in sheets:
        parts += [f"## {sheet.name.replace('_', ' ')}", render.to_markdown(sheet.words)]
    parts += ["## Notes", "\n".join(f"- {render.markdown(remark[2:])}" for remark in remarks)]
    if commands:
        parts += ["## To train each best setting again", "\n".join(["```", *commands, "```"])]
    path = to / "tables" / "report.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "\n\n".join(parts))
    return path


def _write_drawings(folder: Path, drawings: Sequence[Drawing]) -> list[Path]:
    paths = []
    for drawing in drawings:
        stem = folder / "figures" / drawing.name
        paths += save(drawing.figure, drawing.points, stem=stem, source=drawing.source)
    return paths
