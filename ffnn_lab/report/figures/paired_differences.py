"""The figure of paired differences: test error of one arm minus another's, a row per pair."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.forest import (
    draw_interval,
    has_place,
    name_rows,
    row_height,
    write_beside,
)
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.text.cells import counts


def points(differences: pd.DataFrame, *, arms: Iterable[str]) -> pd.DataFrame:
    """Select the differences that have an interval.

    Args:
        differences: The table of `ffnn_lab.report.measures.differences.paired_differences`.
        arms: Names of all arms of the sweep in order, which decide the looks of the arms.
    """
    shown = differences[has_place(differences)]
    return shown.assign(arm=pd.Categorical(shown["arm"], categories=list(arms)))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a row for each difference, in percentage points, with its 95% interval.

    Beside a difference that was declared before the sweep's first run is its p value, adjusted by
    Holm's method.

    Args:
        points: The table that the function `points` returns, with at least one row.
        ax: Axes to draw on.
    """
    looks = looks_of(style.arms_of(points))
    rows = points.to_dict("records")
    for place, row in enumerate(rows):
        draw_interval(ax, place, row["difference"], (row["low"], row["high"]), looks[row["arm"]])
        if row["is_declared"]:
            write_beside(ax, place, f"{row['p.holm']:.3f}")
    if points["is_declared"].any():
        write_beside(ax, -1, "p (Holm)")
    name_rows(ax, _names(points))
    ax.set_xlabel("difference of test error (percentage points)")
    return ax


def _names(points: pd.DataFrame) -> list[str]:
    return [f"{row['arm']} - {row['baseline']}" for row in points.to_dict("records")]


def _over(points: pd.DataFrame) -> str:
    """Return the part of the title that names the unit over which differences are paired."""
    if COUNT in points:
        return f"tuned methods, paired over {counts(points[COUNT], 'replicate')}"
    return f"one setting of each arm, paired over {counts(points['n_pairs'], 'seed')}"


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of paired differences: all pairs in one panel, one below the other.

    Args:
        points: The table that the function `points` returns, with at least one row.
    """
    with style.context():
        height = row_height(_names(points)) * (len(points) + 1)
        drawn = new_figure(style.DOUBLE, 0.9 + height)
        draw(points, drawn.subplots())
        drawn.suptitle(
            f"{_over(points)}, 95% t intervals; p: signs flipped, Holm over the declared contrasts"
        )
    return drawn
