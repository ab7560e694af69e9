"""Parts of a forest plot: one row per effect, with its interval, its name and a text beside it."""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from ffnn_lab.look import Look
from ffnn_lab.report.figures import style

ROW = 0.2
"""Height of a row whose name has one line, in inches."""
LINE = 0.13
"""Height of each further line of a name, in inches."""


def has_place(table: pd.DataFrame) -> pd.Series:
    """Return a mask of the rows that have an interval and so can be drawn."""
    return table["low"].map(math.isfinite).astype(bool)


def row_height(names: Sequence[str]) -> float:
    """Return the height of each row, in inches, with room for the name that has most lines."""
    most = max((style.drawable(name).count("\n") for name in names), default=0)
    return ROW + LINE * most


def draw_interval(
    ax: Axes, place: int, middle: float, ends: tuple[float, float], look: Look
) -> None:
    """Draw an effect and its interval.

    Args:
        ax: Axes to draw on.
        place: Number of the row, counted from the top.
        middle: The effect.
        ends: Ends of its interval.
        look: Color, line and marker of the row.
    """
    ax.plot(ends, (place, place), color=look.color, linestyle=look.line)
    ax.plot(middle, place, look.marker, color=look.color)


def write_beside(ax: Axes, place: int, text: str) -> None:
    """Write a text to the right of a row."""
    size = style.SETTINGS["ytick.labelsize"]
    ax.text(1.01, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize=size)


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Label the rows, the first one on top, and mark the effect 0."""
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.set_yticks(range(len(names)), [style.drawable(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    style.percent_axis(ax.xaxis)
