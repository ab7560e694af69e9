"""The report of a folder: prints its tables, and writes its tables and figures to files."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ffnn_lab.report.data.sweep import Records, Sweep, load
from ffnn_lab.report.figures.save import save
from ffnn_lab.report.places import SUFFIXES, TEXTS, PlaceError, check_place, write_text
from ffnn_lab.report.reports.content import Content, Drawing, Table, content_of
from ffnn_lab.report.reports.preflight import figure_stems, report_files
from ffnn_lab.report.sheets import SHEETS
from ffnn_lab.report.text import render


def report(folder: Path, *, to: Path | None = None, console: Console | None = None) -> list[Path]:
    """Print and write the report of a sweep, finished or not, or of a single run.

    Args:
        folder: Folder of the sweep or run, with ``runs/`` and, for a sweep, ``trials/`` and
            ``definition.json``.
        to: The folder in which ``tables/`` and ``figures/`` are written; ``folder`` if None.
        console: Console to print on; standard output if None.

    Returns:
        The paths of the files written.

    Raises:
        RecordError: If there are no records, or something is damaged; then nothing is written.
        PlaceError: If the files cannot be written; then none is.
    """
    console = console or Console()
    to = to or folder
    content = prepare(folder, to)
    _show(content, to, console)
    _say_list("Notes", [f"- {remark}" for remark in content.remarks], console)
    _say_list("To train each best setting again", content.commands, console)
    paths = write(content, to)
    folders = Counter(path.parent for path in paths)
    _say_list("Written", [f"{n} files in {each}" for each, n in folders.items()], console)
    return paths


def prepare(folder: Path, to: Path) -> Content:
    """Compute the report of a folder, and remove outdated files from the folder of the report.

    Args:
        folder: Folder of a sweep or of a single run.
        to: The folder of ``tables/`` and ``figures/``; tables and figures of an earlier report
            that are not in the new one are removed there.

    Returns:
        The content of the report, with a remark on each table or figure that was removed.

    Raises:
        RecordError: If there are no records, or something is damaged; then nothing is removed.
        PlaceError: If the files cannot be written; then nothing is removed.
    """
    records = load(folder)
    check_target(records, to)
    return without_stale(content_of(records), to)


def check_target(records: Records, to: Path) -> None:
    """Check that a report can be written into a folder.

    Args:
        records: The records of the reported folder.
        to: The folder for ``tables/`` and ``figures/``.

    Raises:
        PlaceError: If ``to`` has records of another sweep or run, or cannot be written to.
    """
    if (to / "runs").is_dir() and to.resolve() != records.folder.resolve():
        msg = f"{to} has records of its own; choose a folder of neither a sweep nor a run"
        raise PlaceError(msg)
    source = shlex.quote(str(records.folder))
    advice = f"python -m analysis {source} --to FOLDER writes it elsewhere"
    check_place(to, report_files(), advice=advice)


def without_stale(content: Content, to: Path) -> Content:
    """Remove the tables and figures of an earlier report that the new report does not have.

    Args:
        content: The new report.
        to: The folder of ``tables/`` and ``figures/``.

    Returns:
        The new report, with a remark on each table or figure that was removed.
    """
    kinds = (
        ("tables", set(SHEETS) - {sheet.name for sheet in content.sheets}, TEXTS),
        ("figures", figure_stems() - {drawing.name for drawing in content.drawings}, SUFFIXES),
    )
    removed = []
    drawn = {drawing.name for drawing in content.drawings}
    under = {path.name.rpartition(".")[0] for path in (to / "figures").glob("*@*.png")}
    of_conditions = {each for each in under if each.partition("@")[0] in figure_stems()} - drawn
    for kind, names, suffixes in kinds:
        for name in sorted(names | (of_conditions if kind == "figures" else set())):
            paths = [to / kind / f"{name}.{suffix}" for suffix in suffixes]
            stale = [path for path in paths if path.exists()]
            for path in stale:
                path.unlink()
            if stale:
                removed.append(
                    f"{kind}/{name}.* were written by an earlier report and are removed, since "
                    "the records no longer give them"
                )
    return replace(content, remarks=[*content.remarks, *removed])


def write(content: Content, to: Path) -> list[Path]:
    """Write the tables and figures of a report.

    Args:
        content: The report.
        to: The folder in which ``tables/`` and ``figures/`` are written.

    Returns:
        The paths of the files written.
    """
    paths = _write_sheets(content.records, content.sheets, to)
    if isinstance(content.records, Sweep):
        paths.append(to / "tables" / "report.md")
        write_text(paths[-1], page_of(content))
    return [*paths, *_write_drawings(to, content.drawings)]


def _show(content: Content, to: Path, console: Console) -> None:
    for sheet in content.sheets:
        title = f"{content.records.name}: {sheet.name.replace('_', ' ')}"
        if sheet.is_printed:
            render.show(sheet.words, title=title, console=console)
    more = [sheet.name.replace("_", " ") for sheet in content.sheets if not sheet.is_printed]
    if more:
        text = f"In {to / 'tables' / 'report.md'} also: {', '.join(more)}\n"
        render.say(text, console=console)


def _say_list(title: str, lines: Sequence[str], console: Console) -> None:
    if lines:
        render.say("\n".join([f"{title}:", *lines, ""]), console=console)


def _write_sheets(records: Records, sheets: Sequence[Table], to: Path) -> list[Path]:
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


def page_of(content: Content) -> str:
    """Return a page of Markdown with all tables, printed or not, the notes, and the commands."""
    parts = [f"# {render.markdown(content.records.name)}"]
    for sheet in content.sheets:
        parts += [f"## {sheet.name.replace('_', ' ')}", render.to_markdown(sheet.words)]
    parts += ["## Notes", "\n".join(f"- {render.markdown(remark)}" for remark in content.remarks)]
    if content.commands:
        block = "\n".join(["```", *content.commands, "```"])
        parts += ["## To train each best setting again", block]
    return "\n\n".join(parts)


def _write_drawings(folder: Path, drawings: Sequence[Drawing]) -> list[Path]:
    paths = []
    for drawing in drawings:
        stem = folder / "figures" / drawing.name
        paths += save(drawing.figure, drawing.points, stem=stem, source=drawing.source)
    return paths
