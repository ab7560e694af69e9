"""The report on claims: prints a table of verdicts, writes it to files, and draws the effects."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from ffnn_lab.commands import print_json
from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.declaration import EARLIER_RULE
from ffnn_lab.report.claims.rule import (
    FEWEST,
    NOT_APPLICABLE,
    NOT_RUN,
    ONE_TUNING,
    VERDICTS,
)
from ffnn_lab.report.claims.verdicts import verdict_table
from ffnn_lab.report.data.sweep import Sweep, load_sweeps
from ffnn_lab.report.figures import verdicts as verdicts_figure
from ffnn_lab.report.figures.save import provenance, save
from ffnn_lab.report.places import SUFFIXES, TEXTS, check_place, stem_of
from ffnn_lab.report.statistics.significance import POWER
from ffnn_lab.report.text import render
from ffnn_lab.report.text.cells import ABSENT, INTERVAL, interval_cells, p_value, percent

FOLDER = "claims"
"""Folder, in the folder of all sweeps, in which the verdicts are written. It is not mistaken for a
sweep's folder, since it has no runs."""

ADVICE = "--to FOLDER writes the verdicts elsewhere"

CAPTION = (
    "Claims, and what the sweeps show about them. Effects are means over n values, in brackets "
    "their unadjusted 95% interval; verdicts are adjusted by Holm's method over the effects of "
    "one claim on one sweep. An effect of one tuning has no verdict: its interval is over seeds "
    "of one setting."
)

WITHOUT_EFFECT = (NOT_APPLICABLE, NOT_RUN)
"""Verdicts whose reason, a whole sentence, is written below the table."""


def report_claims(
    folders: Sequence[Path],
    *,
    outputs: Path,
    to: Path | None = None,
    are_named: bool = False,
    console: Console | None = None,
    claims: Sequence[Claim] | None = None,
    as_json: bool = False,
) -> list[Path]:
    """Print and write the verdict on every claim by every sweep that was made for the claim.

    Args:
        folders: Folders of sweeps; a folder without a sweep is skipped, unless the user named it.
        outputs: The folder of all sweeps, in whose folder `FOLDER` the verdicts are written.
        to: Another folder in which the verdicts are written instead.
        are_named: True if the user named the sweeps: then each claim is judged by each of these
            sweeps, and the files are named after them.
        console: Console to print on; standard output if None.
        claims: The claims to judge; all claims if None.
        as_json: True to print nothing but JSON, with the keys ``verdicts``, ``remarks``,
            ``files``.

    Returns:
        The paths of the files written.

    Raises:
        RecordError: If a folder that the user named is damaged, or has no sweep.
        PlaceError: If the files cannot be written; then none is.
    """
    console = Console(quiet=True) if as_json else console or Console()
    claims = tuple(CLAIMS.values()) if claims is None else claims
    sweeps, remarks = load_sweeps(folders, are_named=are_named, what="claims are judged by sweeps")
    named = [sweep.name for sweep in sweeps] if are_named else []
    table = verdict_table(sweeps, named=named, claims=claims)
    remarks += _remarks(table)
    stem = (to or outputs / FOLDER) / stem_of("claims", named)
    figures = [f"verdicts-{sweep.name}.{suffix}" for sweep in sweeps for suffix in SUFFIXES]
    tables = [f"{stem.name}.{suffix}" for suffix in TEXTS]
    check_place(stem.parent, {".": [*tables, *figures]}, advice=ADVICE)
    words = readable_verdicts(table)
    if len(table) == 0:
        remarks.append(
            "no claim can be judged by these sweeps: none of them has the arms that a claim needs"
        )
    else:
        render.show(words, title="claims", console=console)
    render.say("\n".join(["Notes:", *(f"- {each}" for each in remarks), ""]), console=console)
    paths = _write(stem, table, words, remarks, claims)
    for sweep in sweeps:
        paths += _draw(stem.parent, table, sweep)
    render.say(f"Written: {len(paths)} files in {stem.parent}", console=console)
    if as_json:
        print_json({"verdicts": table.to_dict("records"), "remarks": remarks, "files": paths})
    return paths


def readable_verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of verdicts as strings.

    Effects are in percentage points, unless the cell names another unit.

    Args:
        table: The table of `ffnn_lab.report.claims.verdicts.verdict_table`.
    """
    rows = table.to_dict("records")
    effects = interval_cells(table, "effect")
    return pd.DataFrame(
        {
            "claim": table["claim"],
            "sweep": [row["sweep"] or ABSENT for row in rows],
            "of": [row["what"] or ABSENT for row in rows],
            f"effect (points) {INTERVAL}": [
                effect + _unit(row["unit"], effect)
                for effect, row in zip(effects, rows, strict=True)
            ],
            "claimed": [
                region_text(row["claimed.low"], row["claimed.high"]) + _unit(row["unit"])
                for row in rows
            ],
            "n": [ABSENT if pd.isna(row["n"]) else f"{row['n']} {row['of']}" for row in rows],
            "p (Holm)": [p_value(p) for p in table["p.holm"]],
            "verdict": table["verdict"],
            "remark": [
                ABSENT if row["verdict"] in WITHOUT_EFFECT else row["remark"] or ABSENT
                for row in rows
            ],
        }
    )


def region_text(low: float, high: float) -> str:
    """Return the region in which a claim asserts the effect to lie, as text.

    The ends are written in hundredths: ``> 0.10``, ``< -0.10``, ``-5.00 to 5.00``.

    Args:
        low: Lower end of the region, a rate or share; may be infinite.
        high: Upper end of the region; may be infinite.
    """
    if math.isinf(high):
        return f"> {percent(low)}"
    if math.isinf(low):
        return f"< {percent(high)}"
    return f"{percent(low)} to {percent(high)}"


def _unit(unit: str, cell: str = "") -> str:
    return "" if unit == "percentage points" or cell == ABSENT else f" {unit}"


def _remarks(table: pd.DataFrame) -> list[str]:
    """Return sentences that explain a table of verdicts, and why some claims have no effect.

    Args:
        table: The table of `ffnn_lab.report.claims.verdicts.verdict_table`.
    """
    found = [
        "effects are shown with their unadjusted 95% interval; a verdict is given if there are "
        f"{FEWEST} values or more, and p is at most 0.05: that of the test against the nearer end "
        "of what is claimed, after Holm over the effects of one claim on one sweep",
        "intervals are Student's t intervals; where more than half of the values are equal, they "
        "are exact (computed from Clopper and Pearson's interval of the share that differs), and "
        "hold however the values are distributed",
    ]
    if (table["of"] == "replicates").any():
        found.append(
            "effects of tuned methods are means over replicates, each of which repeats tuning and "
            "confirm with a split, seeds and proposals of its own, and counts as one value"
        )
    if (table["verdict"] == ONE_TUNING).any():
        found.append(
            f"{ONE_TUNING}: the sweep tuned each arm once, and another tuning would have chosen "
            "other settings; the interval is over seeds at this one and no verdict follows from "
            "it, in favor of a claim or against it; hydra.sweeper.replicates=R repeats the tuning"
        )
    if (table["of"] == "draws").any():
        found.append("a draw of the separable problem counts as one value, for any number of runs")
    found.append(
        "the number of values that would settle a claim does so with probability "
        f"{POWER:g}, if effect and spread are as observed"
    )
    late = table[~table["declared"].isin(["", "before"])]
    for (sweep, declared), rows in late.groupby(["sweep", "declared"], sort=False):
        names = ", ".join(rows["claim"].unique())
        if declared == EARLIER_RULE:
            found.append(
                f"{sweep}: these claims and their margins were written before its first run, but "
                f"the rule that judges them was changed later: {names}"
            )
            continue
        when = {
            "changed": "the file changed since the sweep was begun",
            "unknown": "the sweep does not say what the claim was when it was begun",
        }.get(str(declared), f"declared {declared} had been recorded")
        text = "there is no proof that these claims were written before its first run"
        found.append(f"{sweep}: {text} ({when}): {names}")
    for row in table[table["verdict"].isin(WITHOUT_EFFECT)].to_dict("records"):
        of = f" ({row['sweep']})" if row["sweep"] else ""
        told = "was not run" if row["verdict"] == NOT_RUN else f"is {row['verdict']}"
        found.append(f"{row['claim']} {told}{of}: {row['remark']}")
    return found


def _write(
    stem: Path,
    table: pd.DataFrame,
    words: pd.DataFrame,
    remarks: Sequence[str],
    claims: Sequence[Claim],
) -> list[Path]:
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in TEXTS]
    table.to_csv(paths[0], index=False)
    page = ["# claims", render.to_markdown(words), "## Notes"]
    page.append("\n".join(f"- {each}" for each in remarks))
    asked = set(table["claim"])
    page += [_section(claim, table) for claim in claims if claim.name in asked]
    paths[1].write_text("\n\n".join(page) + "\n", encoding="utf-8")
    paths[2].write_text(
        render.to_latex(words, caption=CAPTION, label=f"tab:{stem.name}") + "\n", encoding="utf-8"
    )
    return paths


def _section(claim: Claim, table: pd.DataFrame) -> str:
    """Return a claim's section of the page: its declaration, and the count of each verdict."""
    rows = table[table["claim"] == claim.name]
    counts = [f"{int((rows['verdict'] == each).sum())} {each}" for each in VERDICTS]
    region = region_text(claim.region.low, claim.region.high)
    commands = [f"`{each}`" for each in rows["command"].unique() if each]
    lines = [
        f"## {claim.name}",
        "",
        claim.hypothesis,
        "",
        f"- source: {claim.source}",
        f"- effect: {claim.quantity}",
        f"- claimed: {region} {claim.unit}; margin: {claim.reason}",
        f"- needs: {' or '.join(claim.sweeps)} with {claim.arms}",
        f"- file: `ffnn_lab/report/claims/declared/{claim.name}.py`, with the rule "
        f"{rows['sha256'].iloc[0][:12]}",
        f"- verdicts: {', '.join(each for each in counts if not each.startswith('0 '))}",
        *([f"- commands: {', '.join(commands)}"] if commands else []),
    ]
    return "\n".join(lines)


def _draw(folder: Path, table: pd.DataFrame, sweep: Sweep) -> list[Path]:
    """Draw a sweep's effects; if it has none, remove the figure that an earlier report wrote.

    Args:
        folder: The folder of the verdicts.
        table: The table of `ffnn_lab.report.claims.verdicts.verdict_table`.
        sweep: The sweep.

    Returns:
        The paths of the files written.
    """
    stem = folder / f"verdicts-{sweep.name}"
    points = verdicts_figure.points(table, sweep=sweep.name)
    if len(points) == 0:
        for suffix in SUFFIXES:
            stem.with_name(f"{stem.name}.{suffix}").unlink(missing_ok=True)
        return []
    run_ids = {
        str(claim): sorted({each for ids in rows["run_ids"] for each in ids.split()})
        for claim, rows in points.groupby("claim", sort=False)
    }
    commands = [sweep.command, f"python -m analysis claims {sweep.name}"]
    source = provenance(sweep.runs, run_ids=run_ids, commands=commands)
    return save(verdicts_figure.figure(points), points, stem=stem, source=source)
