"""How every figure looks: one map from names to colors, one style, paper widths in inches."""

import math
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from analysis.arms import parts

SINGLE = 3.25
DOUBLE = 6.75
"""Widths of one and of two columns of a paper, in inches."""
DPI = 200
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Of error rates on a logarithmic axis."""

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so figures look alike everywhere
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "figure.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.8,  # long enough to tell dashes apart
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 4,
    "pdf.fonttype": 42,  # text stays text: journals refuse type 3 fonts
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Look:
    """How one arm is drawn. Lines and markers differ too, for print in gray."""

    color: str
    line: str | tuple[int, tuple[float, ...]]
    """A line style of matplotlib."""
    marker: str


OPTIMIZERS = {
    "sgd": Look("#000000", "-", "o"),
    "heavy_ball": Look("#0072B2", "--", "s"),
    "nesterov": Look("#56B4E9", "-.", "D"),
    "adagrad": Look("#009E73", ":", "^"),
    "rmsprop": Look("#E69F00", (0, (5, 1)), "v"),
    "adam": Look("#D55E00", (0, (3, 1, 1, 1)), "P"),
    "adamw": Look("#CC79A7", (0, (1, 0.6)), "X"),
}
"""Okabe and Ito's palette, which the color-blind can tell apart; adaptive methods are warm."""

OTHERS = (
    Look("#332288", "-", "o"),
    Look("#CC6677", "--", "s"),
    Look("#117733", "-.", "D"),
    Look("#6699CC", ":", "^"),
    Look("#882255", (0, (5, 1)), "v"),
    Look("#44AA99", (0, (3, 1, 1, 1)), "P"),
    Look("#AA4499", (0, (1, 0.6)), "X"),
    Look("#999933", (0, (6, 2, 1, 2)), "*"),
)
"""Tol's muted palette, for arms that are not named after an optimizer."""

VERDICTS = {
    "supported": Look("#0072B2", "-", "o"),
    "contradicted": Look("#D55E00", "--", "X"),
    "inconclusive": Look("#777777", ":", "D"),
}
"""Of the verdicts on claims: told apart by their markers without color."""


def looks(arms: Iterable[str]) -> dict[str, Look]:
    """Give every arm its look: an optimizer its own, others the next in turn.

    Further variants of an optimizer (``adam_coupled``, ``adam_decoupled``) keep its color and take
    the line and marker of the next in turn.

    Args:
        arms: All names, in the definition's order, drawn or not; so an arm looks the same in
            every figure of a sweep. The others avoid the lines of optimizers among them.
    """
    found: dict[str, Look] = {}
    names = list(arms)
    optimizers = [parts(name)[0] for name in names]
    known = list(OPTIMIZERS.values())
    for place, (name, optimizer) in enumerate(zip(names, optimizers, strict=True)):
        if optimizer:
            own = OPTIMIZERS[optimizer]
            n_before = optimizers[:place].count(optimizer)
            shape = known[(known.index(own) + n_before) % len(known)]
            found[name] = Look(own.color, shape.line, shape.marker)
    taken = {look.line for look in found.values()}
    others = cycle([look for look in OTHERS if look.line not in taken] or OTHERS)
    return {name: found.get(name) or next(others) for name in names}


def arms_of(points: pd.DataFrame) -> list[str]:
    """List the arms of a figure's points: all categories, or else as they first appear."""
    dtype = points["arm"].dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return [str(arm) for arm in dtype.categories]
    return [str(arm) for arm in points["arm"].unique()]


def edge_line(edges: str, *, what: str = "") -> str:
    """Word for a legend, as a line of its own, that a setting lies on an edge; or nothing.

    Args:
        edges: As `ffnn_lab.edges.edge_text` words them.
        what: What lies there, where the label does not name it.
    """
    axes = [edge.rpartition(" ")[0] for edge in edges.split("; ") if edge]
    words = [*what.split(), "on edge:", ", ".join(axes)]
    return f"\n({' '.join(words)})" if axes else ""


def n_columns(labels: Sequence[str], *, width: float) -> int:
    """Choose the columns of a legend below a figure: none runs out of it, and rows are even.

    Args:
        labels: What it says.
        width: The figure's, in inches.
    """
    longest = max((len(line) for label in labels for line in label.split("\n")), default=1)
    # In units of a letter: 0.6 of its size, of which 72 make an inch; line and gaps take 8.
    n_letters = width * 72 / (0.6 * SETTINGS["legend.fontsize"])
    most = max(1, min(len(labels), int(n_letters / (longest + 8))))
    n_rows = math.ceil(len(labels) / most)
    return math.ceil(len(labels) / max(1, n_rows))


def legend_height(labels: Sequence[str]) -> float:
    """Say how high a legend is that lists labels below each other, in inches.

    Args:
        labels: What it says; each may have several lines.
    """
    n_lines = sum(1 + label.count("\n") for label in labels)
    # Lines and the gaps between labels, in units of a letter's size.
    letters = 1.25 * n_lines + 0.5 * (len(labels) - 1)
    return letters * float(SETTINGS["legend.fontsize"]) / 72


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put a legend below a figure, which grows by what goes beyond one line.

    Args:
        figure: Of a constrained layout.
        handles: What the legend shows.
        labels: What it says of each.
    """
    columns = n_columns(labels, width=float(figure.get_figwidth()))
    n_rows = math.ceil(len(labels) / columns)
    below = [labels[start : start + n_rows] for start in range(0, len(labels), n_rows)]
    beyond = max(map(legend_height, below)) - legend_height(labels[:1])
    figure.set_figheight(figure.get_figheight() + max(0.0, beyond))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def context() -> AbstractContextManager[None]:
    """Put the style in force inside a ``with``, and nowhere else."""
    return mpl.rc_context(SETTINGS)  # type: ignore[arg-type]  # a literal type of 300 names


def spans_decades(errors: Sequence[float]) -> bool:
    """Whether errors differ by more than a factor of ten, so that a linear axis would hide some.

    Args:
        errors: As `error_axis` takes them.
    """
    low, high = min(errors, default=1.0), max(errors, default=1.0)
    return high > max(10 * low, TICKS[0])


def error_axis(ax: Axes, errors: Sequence[float], *, is_log: bool) -> None:
    """Scale the y-axis for errors, with ticks in percent.

    A logarithmic axis is linear below a tenth of a percent, where single examples count, and
    reaches 0 where an error does, so that it is seen as what it is. It ends at 1, but where an
    error passes that: as a mean squared residual over a variance can.

    Args:
        ax: Whose y-axis.
        errors: What is drawn.
        is_log: Whether it is logarithmic.
    """
    if is_log:
        low, high = min(errors), max(errors)
        # A little below the lowest, lest its marker is cut in half.
        start = max((tick for tick in TICKS if tick <= 0.9 * low), default=0.0)
        ax.set_yscale("symlog", linthresh=max(start, TICKS[0]), linscale=0.4)
        beyond = [] if high <= 1 else [10.0**k for k in range(1, 1 + math.ceil(math.log10(high)))]
        ax.set_yticks([tick for tick in (0.0, *TICKS, *beyond) if tick >= start])
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylim(start, min(1.0, 1.3 * high) if high <= 1 else 1.3 * high)
    else:
        # Above the highest, lest its marker is cut in half.
        ax.set_ylim(0, max(ax.get_ylim()[1], 1.06 * max(errors, default=0.0)))
    # After the scale, which brings a formatter of its own.
    percent_axis(ax.yaxis)


def percent_axis(axis: Axis) -> None:
    """Tick an axis of rates in percent, or of their differences in percentage points."""
    axis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:.6g}"))
