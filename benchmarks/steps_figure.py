"""The figures of `benchmarks.steps`: time per step and run against the size of the population."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from benchmarks.ways import WAYS
from benchmarks.workloads import OPTIMIZERS, WORKLOADS
from ffnn_lab.look import Look
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.save import new_figure, save

PANEL_HEIGHT = 1.75
LIMIT = "products"
LOOKS = {
    "plain": Look("#999999", "--", "o"),
    "fused": Look("#000000", "-", "o"),
    "vmap": Look("#009E73", "-.", "^"),
    "jax": Look("#E69F00", (0, (5, 1)), "v"),
    "eager": Look("#56B4E9", "-", "D"),
    "compiled": Look("#0072B2", "-", "s"),
    "eager_shared": Look("#CC79A7", ":", "D"),
    "compiled_shared": Look("#D55E00", ":", "s"),
    LIMIT: Look("#000000", ":", ""),
}
"""Looks by way, from Okabe and Ito's palette, which color-blind readers can distinguish. The lab's
eager and compiled ways are blue; the limit is a thin line above a gray area."""


def save_all(rows: pd.DataFrame, *, folder: Path, source: Mapping[str, object]) -> list[Path]:
    """Write a figure for each number of cores on which populations of several sizes were timed.

    Args:
        rows: The table that `benchmarks.steps_table.Results.rows` returns.
        folder: Folder in which the figures are written.
        source: Provenance of the figures.

    Returns:
        The paths of the files written.
    """
    paths: list[Path] = []
    for n_cores, points in rows.groupby("cores"):
        if len(set(points["members"])) > 1:
            stem = folder / f"steps_cores_{n_cores}"
            paths += save(figure(points), points, stem=stem, source=source)
    return paths


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of one number of cores: time per step and run against the population's size.

    Each workload has a row of panels, each optimizer a column.

    Args:
        points: The rows of one number of cores.
    """
    workloads = [name for name in WORKLOADS if name in set(points["workload"])]
    optimizers = [name for name in OPTIMIZERS if name in set(points["optimizer"])]
    with style.context():
        made = new_figure(style.DOUBLE, 0.7 + PANEL_HEIGHT * len(workloads))
        panels = made.subplots(
            len(workloads), len(optimizers), sharex=True, sharey="row", squeeze=False
        )
        for workload, row in zip(workloads, panels, strict=True):
            for optimizer, ax in zip(optimizers, row, strict=True):
                is_here = (points["workload"] == workload) & (points["optimizer"] == optimizer)
                draw(points[is_here], ax)
                ax.set_title(f"{workload}, batch {WORKLOADS[workload].batch_size}, {optimizer}")
            row[0].set_ylabel("µs per step and run")
        for ax in panels[-1]:
            ax.set_xlabel("runs in the population, M")
            # Ticks of all panels, which share the axis.
            ax.xaxis.set_major_locator(FixedLocator(sorted(set(points["members"]))))
        lines = {line.get_label(): line for ax in panels.flat for line in ax.get_lines()}
        labels = [WAYS[way].label for way in WAYS if WAYS[way].label in lines]
        style.legend_below(made, [lines[label] for label in labels], labels)
    return made


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the time per step and run against the size of the population, a line for each way.

    The area below the time of the matrix products alone, which no way can reach, is gray.

    Args:
        points: Rows of one workload and optimizer: ``way``, ``members``, and microseconds ``us``.
        ax: Axes to draw on.
    """
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    for way, look in LOOKS.items():
        line = points[points["way"] == way].sort_values("members")
        if line.empty:
            continue
        ax.plot(
            line["members"],
            line["us"],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            label=WAYS[way].label,
        )
        if way == LIMIT:
            ax.fill_between(line["members"], 1e-3, line["us"], color="#eeeeee", zorder=0)
    if len(points):
        ax.set_ylim(0.7 * points["us"].min(), 1.4 * points["us"].max())
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_minor_locator(NullLocator())
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return ax
