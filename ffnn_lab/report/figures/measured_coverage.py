"""The figure of measured coverage: the share of intervals that cover the true difference.

An interval is that of the difference between two arms over a few replicates of a sweep; the truth
is the mean difference over all of the sweep's replicates, which are many.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import OTHERS
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.statistics import CONFIDENCE

APART = 0.06
"""Horizontal distance between the markers of two pairs of arms at the same number of replicates,
as a share of that number."""


def points(coverage: pd.DataFrame) -> pd.DataFrame:
    """Select the columns of a table of coverage that the figure shows.

    Args:
        coverage: The table of `ffnn_lab.report.measures.measured_coverage.coverage_table`.

    Returns:
        One row per ``pair`` of arms and number ``n_replicates`` of replicates behind an interval
        (1 for one tuning, whose interval is over seeds): the ``share`` of the ``n`` intervals, of
        disjoint groups of replicates, that cover the truth, with the ends ``share.low`` and
        ``share.high`` of its exact 95% interval.
    """
    pair = coverage["arm"] + " - " + coverage["against"]
    columns = ["of", "n_replicates", "share", "share.low", "share.high", "n"]
    return coverage.assign(pair=pair)[["pair", *columns]]


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of intervals that cover, in percent, against the replicates of an interval.

    Each pair of arms has a color. Error bars are the 95% intervals of the shares; a line marks the
    nominal coverage.

    Args:
        points: The table that the function `points` returns.
        ax: Axes to draw on.
    """
    ax.axhline(CONFIDENCE, color="0.3", linewidth=0.8)
    pairs = list(points["pair"].unique())
    for place, (pair, look) in enumerate(zip(pairs, OTHERS, strict=False)):
        rows = points[points["pair"] == pair].sort_values("n_replicates")
        shift = 1 + APART * (place - (len(pairs) - 1) / 2)
        x = rows["n_replicates"].to_numpy() * shift
        share = rows["share"].to_numpy()
        ends = [share - rows["share.low"].to_numpy(), rows["share.high"].to_numpy() - share]
        drawn = ax.errorbar(
            x, share, yerr=ends, fmt=look.marker, color=look.color, linewidth=1.2, capsize=2
        )
        drawn.lines[0].set(gid=style.NAMED, label=style.drawable(pair, width=style.RIGHT))
    numbers = sorted(points["n_replicates"].unique())
    ax.set_xscale("log")
    ax.set_xticks(numbers, [_tick(number) for number in numbers])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(0.7 * numbers[0], 1.4 * numbers[-1])
    ax.set_ylim(0, 1.02)
    style.percent_axis(ax.yaxis)
    ax.set_xlabel("replicates of a comparison")
    ax.set_ylabel("intervals that cover (%)")
    return ax


def _tick(number: int) -> str:
    return "one tuning,\nover seeds" if number == 1 else str(number)


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of measured coverage: one panel, with a legend of the pairs to its right.

    Args:
        points: The table that the function `points` returns.
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.6)
        ax = draw(points, drawn.subplots())
        style.legend_beside(drawn, *style.entries(ax))
        drawn.suptitle("Share of 95% intervals that cover the mean difference over all replicates")
    return drawn
