"""Functions that draw a forest plot: a row per effect, with its interval, name and a text."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from ffnn_lab.look import Look
from ffnn_lab.report.figures import style

ROW = 0.2
"""Height in inches of a row whose name has one line."""
LINE = 0.13
"""Height in inches that each further line of a name adds to a row."""


def has_place(table: pd.DataFrame) -> pd.Series:
    """Return a mask of the effects that can be drawn: those whose interval is known."""
    return table["low"].map(math.isfinite).astype(bool)


def row_height(names: Sequence[str]) -> float:
    """Return the height in inches of every row, with room for the name that has most lines."""
    most = max((style.drawable(name).count("\n") for name in names), default=0)
    return ROW + LINE * most


def draw_interval(
    ax: Axes, place: int, middle: float, ends: tuple[float, float], look: Look
) -> None:
    """Draw an effect as a marker, and its interval as a horizontal line.

    Args:
        ax: Axes to draw on.
        place: Number of the row, counted from 0 at the top.
        middle: The effect.
        ends: Lower and upper end of its interval.
        look: Color, line and marker of the row.
    """
    ax.plot(ends, (place, place), color=look.color, linestyle=look.line)
    ax.plot(middle, place, look.marker, color=look.color)


def write_beside(ax: Axes, place: int, text: str) -> None:
    """Write a text to the right of a row, outside the axes.

    Args:
        ax: Axes with the rows.
        place: Number of the row, counted from 0 at the top; -1 is the line above the rows.
        text: The text.
    """
    size = style.SETTINGS["ytick.labelsize"]
    ax.text(1.01, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize=size)


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Write the names of the rows at the y-axis, and label the x-axis in percent.

    A vertical line marks an effect of 0.

    Args:
        ax: Axes on which all effects are drawn.
        names: Names of the rows from top to bottom.
    """
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.set_yticks(range(len(names)), [style.drawable(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    style.percent_axis(ax.xaxis)
