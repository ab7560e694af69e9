"""All sweeps in one table, in the form of Wilson et al.'s table of results (2017, section 4).

Rows are optimizers. Columns are sweeps; a sweep has a column for each variant, a group of arms
that differ in their optimizer alone. A cell has the mean and the sample standard deviation of the
tuned optimizer's test error, over replicates, or over the fresh seeds of one tuning. Adam has a
second row, untuned, as in the paper.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from ffnn_lab.definition import label_of
from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.report.data.arms import variants
from ffnn_lab.report.data.rows import errors_by_seed, results
from ffnn_lab.report.data.sweep import Sweep, load_sweeps
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures.save import provenance
from ffnn_lab.report.measures import separable
from ffnn_lab.report.places import check_place, stem_of, write_text
from ffnn_lab.report.statistics import sample_std
from ffnn_lab.report.text import render
from ffnn_lab.report.text.cells import ABSENT, PLUS_MINUS, percent
from ffnn_lab.report.text.units import units_of

FOLDER = "summary"
"""Folder, in the folder of all sweeps, in which the table is written. It is not mistaken for a
sweep's folder, since it has no runs."""
SUFFIXES = ("csv", "md", "tex", "json")
"""Suffixes of the files of a summary."""
UNTUNED = "adam"
"""The optimizer whose untuned default has a row of its own."""
COLUMNS = [
    *("sweep", "condition", "variant", "task", "optimizer", "arm", "is_tuned"),
    *("test.error", "std", "n_replicates", "n_seeds", "n_diverged", "is_best", "run_ids"),
]
KEYS = COLUMNS[:7]
SIDE_BY_SIDE = ["sweep", "condition", "variant"]
"""Columns of `summary_table`; each combination of their values is a column of the formatted
table."""
ONE_TUNING = (
    "One tuning: mean +- sample standard deviation over n fresh seeds at one setting, n in "
    "brackets; another tuning could choose another setting, so no mean is marked as the lowest."
)
REPLICATED = (
    "R replicates, each a tuning of its own: mean +- sample standard deviation of the replicates' "
    "means, R x n in brackets, with n fresh seeds each; bold: the lowest mean of its column, "
    "even if it does not clearly differ from the next."
)


def summary_table(sweeps: Sequence[Sweep]) -> pd.DataFrame:
    """Tabulate the test errors of each arm's best setting, and of Adam's untuned default.

    Arms that are not named after an optimizer are left out, and so are results on tuning seeds,
    which chose the setting.

    Args:
        sweeps: The sweeps.

    Returns:
        One row per ``sweep``, ``condition``, ``variant`` and ``optimizer`` (``arm``), tuned or not
        (``is_tuned``), in the order of the sweeps and of the lab's optimizers: the mean
        ``test.error`` as a rate in [0, 1]; its sample standard deviation ``std``, over the
        ``n_seeds`` of one tuning or over ``n_replicates``; the seeds ``n_seeds`` of all replicates
        together; ``n_diverged``, the runs that count as chance; ``is_best``, which is true for the
        lowest error of its sweep, condition and variant, ties included; and the ``run_ids``.
    """
    comparisons = [each for sweep in sweeps for each in sweep.conditions or (sweep,)]
    table = pd.DataFrame([row for each in comparisons for row in _rows(each)], columns=COLUMNS)
    lowest = table.groupby(SIDE_BY_SIDE)["test.error"].transform("min")
    return table.assign(is_best=table["test.error"] == lowest)


def _rows(sweep: Sweep) -> list[dict[str, object]]:
    """Return the rows of a sweep or condition; with replicates, means and deviations over them."""
    tables = [pd.DataFrame(_rows_of(each), columns=COLUMNS) for each in sweep.replicates]
    found = []
    for _, rows in pd.concat(tables).groupby(KEYS, sort=False):
        row: dict[str, object] = {str(name): value for name, value in rows.iloc[0].items()}
        if len(tables) > 1:
            means = rows["test.error"].tolist()
            row |= {
                "test.error": sum(means) / len(means),
                "std": sample_std(means),
                "n_replicates": len(means),
                "n_seeds": int(rows["n_seeds"].sum()),
                "n_diverged": int(rows["n_diverged"].sum()),
                "run_ids": " ".join(rows["run_ids"]),
            }
        found.append(row)
    return found


def _rows_of(sweep: Sweep) -> list[dict[str, object]]:
    winners = find_winners(sweep)
    tasks = "/".join(sorted(set(sweep.runs["task.name"].dropna())))
    found = []
    for variant, arms in variants(sweep.arms).items():
        for optimizer in dict.fromkeys([*OPTIMIZERS, *arms]):
            arm = arms.get(optimizer, "")
            winner = winners.get(arm)
            reported = []
            if winner is not None and winner.stage == "confirm":
                # An arm without axes was not tuned: its confirmed setting is its default.
                reported.append((bool(sweep.arms[arm].space), winner.rows))
            if arm and optimizer == UNTUNED and sweep.arms[arm].space:
                reported.append((False, sweep.default_of(arm)))
            for is_tuned, runs in reported:
                errors = errors_by_seed(sweep, runs).tolist()
                if not errors:
                    continue
                row = {
                    "sweep": sweep.name,
                    "condition": label_of(sweep.definition.condition),
                    "variant": variant,
                    "task": tasks,
                    "optimizer": optimizer,
                    "arm": arm,
                    "is_tuned": is_tuned,
                    "test.error": sum(errors) / len(errors),
                    "std": sample_std(errors),
                    "n_replicates": 1,
                    "n_seeds": len(errors),
                    "n_diverged": int((results(runs)["status"] == "diverged").sum()),
                    "run_ids": " ".join(results(runs)["run_id"]),
                }
                found.append(row)
    return found


def caption_of(table: pd.DataFrame) -> str:
    """Return the caption of a summary, which explains the cells of one tuning or of replicates."""
    is_one = table["n_replicates"] == 1
    kinds = [text for text, has in ((ONE_TUNING, is_one), (REPLICATED, ~is_one)) if has.any()]
    return " ".join(["Test error (%) of each optimizer's best setting.", *kinds])


def readable_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table in the paper's form, as strings: optimizers in rows, sweeps in columns.

    Args:
        table: The table of `summary_table`.
    """
    rows = {}
    for optimizer in dict.fromkeys([*OPTIMIZERS, *table["optimizer"]]):
        for is_tuned in (True, False):
            is_it = (table["optimizer"] == optimizer) & (table["is_tuned"] == is_tuned)
            if is_it.any():
                rows[f"{optimizer}{'' if is_tuned else ' (default)'}"] = is_it
    words: dict[str, list[str]] = {"test error (%)": list(rows)}
    for _, column in table.groupby(SIDE_BY_SIDE, sort=False):
        heading = _heading(column)
        words[heading] = [_cell(column[is_it[column.index]]) for is_it in rows.values()]
    return pd.DataFrame(words)


def _heading(rows: pd.DataFrame) -> str:
    names = [*SIDE_BY_SIDE, "task"]
    sweep, condition, variant, task = map(str, rows[names].to_numpy()[0])
    named = f"{sweep} ({task})" if task and task not in sweep else sweep
    named = f"{named}, {condition}" if condition else named
    return f"{named}: {variant}" if variant else named


def _cell(rows: pd.DataFrame) -> str:
    if len(rows) == 0:
        return ABSENT
    row = rows.iloc[0]
    spread = "" if math.isnan(row["std"]) else f" {PLUS_MINUS} {percent(row['std'])}"
    lost = f", {row['n_diverged']} diverged" if row["n_diverged"] else ""
    mean = f"{percent(row['test.error'])}{spread}"
    n_replicates, n_seeds = int(row["n_replicates"]), int(row["n_seeds"])
    if n_replicates == 1:  # one tuning cannot show that an optimizer is better than others
        return f"{mean} ({n_seeds}{lost})"
    counts = f"({n_replicates} x {n_seeds / n_replicates:.3g}{lost})"
    return f"{render.bold(mean) if row['is_best'] else mean} {counts}"


def report_summary(
    folders: Sequence[Path],
    *,
    outputs: Path,
    to: Path | None = None,
    are_named: bool = False,
    console: Console | None = None,
) -> list[Path]:
    """Print the table of all sweeps, and write it to files.

    Args:
        folders: Folders of sweeps; a folder without a sweep is skipped, unless the user named it.
        outputs: The folder of all sweeps, in whose folder `FOLDER` the table is written.
        to: Another folder in which the table is written instead.
        are_named: True if the user named the sweeps: then the files are named after them.
        console: Console to print on; standard output if None.

    Returns:
        The paths of the files written; none if no sweep has a column in the table.

    Raises:
        RecordError: If a folder that the user named is damaged, or has no sweep.
        PlaceError: If the files cannot be written; then none is.
    """
    console = console or Console()
    sweeps, remarks = load_sweeps(folders, are_named=are_named, what="only sweeps are summarized")
    shown = [sweep for sweep in sweeps if not separable.is_about(sweep)]
    remarks += [
        f"{sweep.name} has no column: its settings are draws of the separable problem"
        for sweep in sweeps
        if separable.is_about(sweep)
    ]
    table = summary_table(shown)
    remarks += [
        f"{sweep.name} has no column: no arm that is named after an optimizer has runs on fresh "
        "seeds"
        for sweep in shown
        if sweep.name not in set(table["sweep"])
    ]
    if table["n_diverged"].any():
        remarks.append("a run that diverged counts as chance, in mean and deviation")
    paths: list[Path] = []
    if len(table) > 0:
        named = [sweep.name for sweep in sweeps] if are_named else []
        units = units_of(pd.concat([sweep.runs for sweep in shown]))
        words = units.reworded_table(readable_summary(table))
        caption = units.reworded(caption_of(table))
        stem = (to or outputs / FOLDER) / stem_of("summary", named)
        files = [f"{stem.name}.{suffix}" for suffix in SUFFIXES]
        check_place(stem.parent, {".": files}, advice="--to FOLDER writes the summary elsewhere")
        render.show(words, title="summary", console=console)
        remarks = [caption, *remarks]
        paths = _write(stem, table, words, remarks)
        _write_source(paths[-1], table, shown, named)
    render.say("\n".join(["Notes:", *(f"- {each}" for each in remarks), ""]), console=console)
    render.say(f"Written: {len(paths)} files in {to or outputs / FOLDER}", console=console)
    return paths


def _write(
    stem: Path, table: pd.DataFrame, words: pd.DataFrame, remarks: Sequence[str]
) -> list[Path]:
    """Write the table in each format, with the remarks, of which the first is the caption."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in SUFFIXES]
    table.to_csv(paths[0], index=False)
    notes = "\n".join(f"- {each}" for each in remarks)
    parts = ["# summary", render.to_markdown(words), "## Notes", notes]
    write_text(paths[1], "\n\n".join(parts))
    latex = render.to_latex(words, caption=remarks[0], label=f"tab:{stem.name}")
    write_text(paths[2], latex)
    return paths


def _write_source(
    path: Path, table: pd.DataFrame, sweeps: Sequence[Sweep], named: Sequence[str]
) -> None:
    """Write the provenance of the table as JSON: its commands, its commits, and its runs by arm.

    Args:
        path: Path of the file.
        table: The table of `summary_table`.
        sweeps: The sweeps in the table.
        named: Names of the sweeps that the user named, for the command.
    """
    at = table["condition"].map(lambda label: f"@{label}" if label else "")
    names = table["sweep"] + "/" + table["arm"] + at
    run_ids = {
        str(name): [each for ids in rows["run_ids"] for each in ids.split()]
        for name, rows in table.groupby(names, sort=False)
    }
    command = " ".join(["python -m analysis summary", *named])
    commands = [*(sweep.command for sweep in sweeps), command]
    runs = pd.concat([sweep.runs for sweep in sweeps], ignore_index=True)
    source = provenance(runs, run_ids=run_ids, commands=commands)
    write_text(path, json.dumps(source, indent=2))
