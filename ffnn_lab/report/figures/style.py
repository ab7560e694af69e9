"""The style of every figure: paper widths in inches, scales and legends.

`ffnn_lab.report.figures.looks` chooses the color, line and marker of each arm.
"""

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, NullLocator

SINGLE = 3.25
DOUBLE = 6.75
"""Widths in inches of a figure over one column of a paper (`SINGLE`) and over two."""
DPI = 200
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Ticks of a logarithmic axis of error rates."""

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
    # A dollar sign in an arm's name begins no formula; `log_axis` formats powers of ten.
    "text.parse_math": False,
}
"""Values of matplotlib's ``rcParams`` that differ from its defaults; `context` applies them."""

NAMED = "named"
"""Value of an artist's ``gid`` (its group id) by which `entries` finds the artists that have an
entry in the legend."""
LINE = 44
"""Most letters in a line of a legend or of a row's name; a longer text is wrapped."""
RIGHT = 30
"""Most letters in a line of a legend to the right of the axes, where it narrows them."""
SPARSE = 0.1
"""Distance between the markers of a line, as a share of the axes' diagonal (``markevery``)."""


def arms_of(points: pd.DataFrame) -> list[str]:
    """List the arms of a figure's points.

    If the column ``arm`` is categorical, these are all of its categories, also those without a
    point; otherwise its values in order of appearance.
    """
    dtype = points["arm"].dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return [str(arm) for arm in dtype.categories]
    return [str(arm) for arm in points["arm"].unique()]


def edge_line(edges: str, *, what: str = "") -> str:
    """Return a line for a legend that names the axes on whose edge a setting lies; empty if none.

    Args:
        edges: The axes and their edges, as a text of `ffnn_lab.edges.edge_text`.
        what: Noun for the setting that lies on the edge, if the label does not name it.
    """
    axes = [edge.rpartition(" ")[0] for edge in edges.split("; ") if edge]
    words = [*what.split(), "on edge:", ", ".join(axes)]
    return f"\n({' '.join(words)})" if axes else ""


def n_columns(labels: Sequence[str], *, width: float) -> int:
    """Choose the number of columns of a legend below a figure.

    As many columns as fit into the width give the number of rows; then the labels are spread
    evenly over these rows.

    Args:
        labels: Labels of the legend.
        width: Width of the figure in inches.
    """
    longest = max((len(line) for label in labels for line in label.split("\n")), default=1)
    # In letters, each 0.6 font sizes wide; 72 points make an inch; handle and gaps take 10.
    n_letters = width * 72 / (0.6 * SETTINGS["legend.fontsize"])
    most = max(1, min(len(labels), int(n_letters / (longest + 10))))
    n_rows = math.ceil(len(labels) / most)
    return math.ceil(len(labels) / max(1, n_rows))


def legend_height(labels: Sequence[str]) -> float:
    """Return the height in inches of a legend that lists labels below each other.

    Args:
        labels: Labels of the legend; each may have several lines.
    """
    n_lines = sum(1 + label.count("\n") for label in labels)
    # Lines and the gaps between labels, in units of the font size.
    letters = 1.25 * n_lines + 0.5 * (len(labels) - 1)
    return letters * float(SETTINGS["legend.fontsize"]) / 72


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Add a legend below a figure, whose height grows by all lines of the legend but the first.

    Args:
        figure: A figure with a constrained layout.
        handles: Artists that the legend shows.
        labels: Labels of the artists.
    """
    columns = n_columns(labels, width=float(figure.get_figwidth()))
    n_rows = math.ceil(len(labels) / columns)
    below = [labels[start : start + n_rows] for start in range(0, len(labels), n_rows)]
    beyond = max(map(legend_height, below)) - legend_height(labels[:1])
    figure.set_figheight(figure.get_figheight() + max(0.0, beyond))
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def legend_beside(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Add a legend to the right of a figure's axes; a figure that is lower than the legend grows.

    Args:
        figure: A figure with a constrained layout.
        handles: Artists that the legend shows.
        labels: Labels of the artists.
    """
    figure.set_figheight(max(figure.get_figheight(), legend_height(labels) + 0.3))
    figure.legend(handles, labels, loc="outside right center")


@contextmanager
def context() -> Iterator[None]:
    """Apply the style of all figures inside a ``with`` block, and nowhere else.

    The style starts from matplotlib's own defaults: settings of a ``matplotlibrc``, of a style
    sheet or of the calling program do not apply inside the block.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)  # type: ignore[arg-type]  # a literal type of 300 names
        yield


@cache
def _glyphs() -> frozenset[int]:
    """Return the code points that the font of all figures can draw."""
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return frozenset(FT2Font(str(path)).get_charmap())


def drawable(text: str, *, width: int = LINE) -> str:
    r"""Return a text in characters that the font can draw, wrapped into lines.

    Args:
        text: Any text of one line.
        width: Most letters in a line.

    Returns:
        The text with line breaks, if it is longer than ``width``. A character that the font lacks
        is replaced by its escape in Python, such as ``\u4f60``.
    """
    glyphs = _glyphs()
    written = "".join(
        each if ord(each) in glyphs else each.encode("unicode_escape").decode("ascii")
        for each in text
    )
    if len(written) <= width:
        return written
    return "\n".join(textwrap.wrap(written, width, drop_whitespace=False))


def entries(ax: Axes) -> tuple[list[Artist], list[str]]:
    """Return the artists on some axes that a legend shows, and their labels.

    An artist is shown if it was drawn with ``gid=NAMED``. Matplotlib's own choice leaves out every
    label that begins with an underscore, as an arm's name may.
    """
    shown = [each for each in ax.get_children() if each.get_gid() == NAMED]
    return shown, [str(each.get_label()) for each in shown]


def spans_decades(errors: Sequence[float]) -> bool:
    """Return True if errors differ by more than a factor of ten, so that a log axis suits them.

    Args:
        errors: The errors that are drawn, as rates.
    """
    low, high = min(errors, default=1.0), max(errors, default=1.0)
    return high > max(10 * low, TICKS[0])


def error_axis(ax: Axes, errors: Sequence[float], *, is_log: bool) -> None:
    """Scale the y-axis for errors, with ticks in percent.

    A logarithmic axis is linear below a tenth of a percent, where single examples count, and
    starts at 0 if an error is 0. It ends at 1 at most, unless an error is greater than 1, which is
    possible if the error is a mean squared residual over a variance.

    Args:
        ax: Axes whose y-axis is scaled.
        errors: The errors that are drawn, as rates.
        is_log: True for a logarithmic axis.
    """
    if is_log:
        low, high = min(errors), max(errors)
        # A little below the lowest, so that its marker is not cut in half.
        start = max((tick for tick in TICKS if tick <= 0.9 * low), default=0.0)
        ax.set_yscale("symlog", linthresh=max(start, TICKS[0]), linscale=0.4)
        beyond = [] if high <= 1 else [10.0**k for k in range(1, 1 + math.ceil(math.log10(high)))]
        ax.set_yticks([tick for tick in (0.0, *TICKS, *beyond) if tick >= start])
        ax.yaxis.set_minor_locator(NullLocator())
        # If all errors are 0, the axis still has some height above them.
        ax.set_ylim(start, min(1.0, max(1.3 * high, TICKS[0])) if high <= 1 else 1.3 * high)
    else:
        # Above the highest, so that its marker is not cut in half.
        ax.set_ylim(0, max(ax.get_ylim()[1], 1.06 * max(errors, default=0.0)))
    # After setting the scale, which sets a formatter of its own.
    percent_axis(ax.yaxis)


def percent_axis(axis: Axis) -> None:
    """Label the ticks of an axis of rates, or of differences of rates, in percent."""
    axis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:.6g}"))


class _PlainLogFormatter(LogFormatterSciNotation):
    """Formatter that labels the same ticks as matplotlib's own, in plain text."""

    _RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

    def __call__(self, x: float, pos: int | None = None) -> str:
        formula = super().__call__(x, pos)
        body = (
            formula.removeprefix(r"$\mathdefault{")
            .removesuffix("}$")
            .replace(r"\times", "\N{MULTIPLICATION SIGN}")
        )
        base, caret, power = body.partition("^{")
        return base + power.removesuffix("}").translate(self._RAISED) if caret else body


def log_axis(axis: Axis) -> None:
    """Make an axis logarithmic, with tick labels in plain text instead of formulas."""
    if axis is axis.axes.xaxis:
        axis.axes.set_xscale("log")
    else:
        axis.axes.set_yscale("log")
    axis.set_major_formatter(_PlainLogFormatter())
    axis.set_minor_formatter(_PlainLogFormatter(labelOnlyBase=False))
