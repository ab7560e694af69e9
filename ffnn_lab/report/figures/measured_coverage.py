"""The share of intervals that cover the truth, against the number of replicates of each."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import OTHERS
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.statistics import CONFIDENCE

APART = 0.06
"""Horizontal distance between the markers of two pairs at the same number of replicates, as a
share of that number."""


def points(coverage: pd.DataFrame) -> pd.DataFrame:
    """Select the columns that the figure shows.

    Args:
        coverage: The table of `ffnn_lab.report.measures.measured_coverage.coverage_table`.

    Returns:
        One row per pair and number of replicates: the ``share`` of disjoint comparisons whose
        interval covers, with the ends of its exact interval.
    """
    pair = coverage["arm"] + " - " + coverage["against"]
    columns = ["of", "n_replicates", "share", "share.low", "share.high", "n"]
    return coverage.assign(pair=pair)[["pair", *columns]]


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each share with its 95% interval, and a line at the nominal coverage.

    Args:
        points: The table of `points`.
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
    """Lay out the shares, with a legend of the pairs beside them."""
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.6)
        ax = draw(points, drawn.subplots())
        style.legend_beside(drawn, *style.entries(ax))
        drawn.suptitle("Share of 95% intervals that cover the mean difference over all replicates")
    return drawn
