"""The figures of a sweep's report, each with its points and its source."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.edges import edge_text
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.figures import (
    budget_curves,
    error_against_dropout,
    error_against_lr,
    gain_by_optimizer,
    learning_curves,
    paired_differences,
    train_test_gap,
)
from ffnn_lab.report.figures.save import provenance
from ffnn_lab.report.measures.along import has_place, series_of
from ffnn_lab.report.reports.sheets import Sheets

FIGURES = (
    *("learning_curves", "error_against_lr", "paired_differences", "train_test_gap"),
    *("budget_curves", "error_against_dropout", "gain_by_optimizer"),
    *("separable", "separable_directions"),
    "matched_gap",  # now a part of train_test_gap
)
"""All that a report may write, or wrote once: what is not written now is removed."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure that is ready to be written."""

    name: str
    figure: Figure
    points: pd.DataFrame
    source: Mapping[str, object]


def drawings_of(
    sweep: Sweep, winners: Mapping[str, Winner], sheets: Sheets
) -> tuple[list[Drawing], list[str]]:
    """Draw what can be drawn, and say what cannot."""
    commands = [sweep.command, f"python -m analysis {sweep.name}"]
    reported = {
        name: winners[name].rows["run_id"].tolist() if name in winners else []
        for name in sweep.arms
    }
    of_reported = provenance(sweep.runs, run_ids=reported, commands=commands)
    drawings, undrawn = (
        [],
        [
            f"{name} is not in learning_curves: it has no runs on fresh seeds yet"
            for name, run_ids in reported.items()
            if not run_ids
        ],
    )
    edges = {name: edge_text(winner.edges) for name, winner in winners.items()}
    points = learning_curves.points(sweep.curves, sweep.runs, run_ids=reported, edges=edges)
    if len(points) > 0:
        figure = learning_curves.figure(points)
        drawings.append(Drawing("learning_curves", figure, points, of_reported))

    tuned = error_against_lr.arms_with_lr(sweep)
    tried = {name: sweep.of(name, stage="tune")["run_id"].tolist() for name in sweep.arms}
    undrawn += [
        f"{name} is not in error_against_lr: its optimizer.lr was not tuned"
        for name in sweep.arms
        if name not in tuned
    ]
    points = error_against_lr.points(sweep, winners)
    is_drawn = has_place(points)
    undrawn += [
        f"error_against_lr leaves out {len(rows)} of {name}'s settings: they have no finite score"
        for name, rows in points[~is_drawn].groupby("arm", observed=True)
    ]
    if is_drawn.any():
        of_tuned = {name: tried[name] for name in tuned}
        source = provenance(sweep.runs, run_ids=of_tuned, commands=commands)
        figure = error_against_lr.figure(points)
        drawings.append(Drawing("error_against_lr", figure, points, source))
    for drawing, lacking in _along_axes(sweep, winners, tried, commands):
        drawings.append(drawing)
        undrawn += [
            f"{name} is not in {drawing.name}: it was tried at one value alone" for name in lacking
        ]

    points = paired_differences.points(sheets.differences, arms=sweep.arms)
    undrawn += [
        f"{row['arm']} - {row['baseline']} is not in paired_differences: it has no interval"
        for row in sheets.differences.to_dict("records")
        if row["n_pairs"] > 0 and math.isnan(row["low"])
    ]
    if len(points) > 0:
        figure = paired_differences.figure(points)
        drawings.append(Drawing("paired_differences", figure, points, of_reported))
    points = train_test_gap.points(sweep, winners, arms=sheets.arms, matched=sheets.matched)
    if len(points) > 0:
        figure = train_test_gap.figure(points)
        drawings.append(Drawing("train_test_gap", figure, points, of_reported))
    if sheets.budgets is not None and budget_curves.has_place(sheets.budgets).any():
        source = provenance(sweep.runs, run_ids=tried, commands=commands)
        figure = budget_curves.figure(sheets.budgets)
        drawings.append(Drawing("budget_curves", figure, sheets.budgets, source))
    return drawings, undrawn


def _along_axes(
    sweep: Sweep,
    winners: Mapping[str, Winner],
    tried: Mapping[str, Sequence[str]],
    commands: Sequence[str],
) -> Iterator[tuple[Drawing, list[str]]]:
    """Draw what dropout and gain do, and list the arms that were not tried at several values."""
    for name, module in (
        ("error_against_dropout", error_against_dropout),
        ("gain_by_optimizer", gain_by_optimizer),
    ):
        points = module.points(sweep, winners)
        if not points["score"].notna().any():
            continue
        behind = {arm: list(tried[arm]) for arm in series_of(sweep, module.KEY)}
        if name == "error_against_dropout":
            for arm in points.loc[points["shown"] == "confirmed", "arm"]:
                behind[arm] += winners[arm].rows["run_id"].tolist()
        source = provenance(sweep.runs, run_ids=behind, commands=commands)
        lacking = [arm for arm in sweep.arms if arm not in behind]
        yield Drawing(name, module.figure(points), points, source), lacking
