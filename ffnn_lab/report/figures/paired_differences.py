"""The difference of each pair of arms with its interval, one below the other."""

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
    """Keep the differences that have an interval.

    Args:
        differences: As `ffnn_lab.report.measures.differences.paired_differences` gives them.
        arms: All of the sweep, which settles their looks.
    """
    shown = differences[has_place(differences)]
    return shown.assign(arm=pd.Categorical(shown["arm"], categories=list(arms)))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each difference with its 95% interval, and Holm's p beside those declared.

    Args:
        points: As `points` gives them, at least one.
        ax: Where.
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
    """Return what the differences are paired over."""
    if COUNT in points:
        return f"tuned methods, paired over {counts(points[COUNT], 'replicate')}"
    return f"one setting of each arm, paired over {counts(points['n_pairs'], 'seed')}"


def figure(points: pd.DataFrame) -> Figure:
    """Lay the differences out."""
    with style.context():
        height = row_height(_names(points)) * (len(points) + 1)
        drawn = new_figure(style.DOUBLE, 0.9 + height)
        draw(points, drawn.subplots())
        drawn.suptitle(
            f"{_over(points)}, 95% t intervals; p: signs flipped, Holm over the declared contrasts"
        )
    return drawn
