"""Figures of lines with 95% intervals, which the pages on dropout share."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ffnn_lab.look import Look
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.statistics import mean_interval

Panels = dict[str, pd.DataFrame]
"""The points of each panel of a figure, by its title. Columns are the name of the ``series``,
``x``, the ``value`` (a rate), and the ends ``low`` and ``high`` of its interval, which may be
NaN."""


def over_replicates(errors: "pd.Series[float]") -> dict[str, float]:
    """Compute the mean of errors over replicates, with the ends of its 95% t interval.

    Args:
        errors: One error, a rate, per replicate.
    """
    interval = mean_interval(errors.tolist()).within(0.0, 1.0)
    return {"value": interval.mean, "low": interval.low, "high": interval.high}


def figure(
    panels: Panels, *, x: str, y: str, is_log: bool = False, shares_y: bool = False
) -> Figure:
    """Draw a figure that has a panel for each table of points, side by side.

    Args:
        panels: The points of each panel.
        x: Label of the x-axes.
        y: Label of the y-axes; values are drawn in percent.
        is_log: True if the x-axes are logarithmic.
        shares_y: True if all panels have the same y-axis.
    """
    names = list(dict.fromkeys(name for points in panels.values() for name in points["series"]))
    looks = looks_of(names)
    with style.context():
        width = style.SINGLE if len(panels) == 1 else style.DOUBLE
        drawn = new_figure(width, 2.8)
        grid = drawn.subplots(1, len(panels), squeeze=False, sharey=shares_y)[0]
        shown: dict[str, object] = {}
        for ax, (title, points) in zip(grid, panels.items(), strict=True):
            draw(points, ax, looks=looks, is_log=is_log)
            ax.set_title(style.drawable(title))
            ax.set_xlabel(x)
            handles, labels = style.entries(ax)
            shown |= dict(zip(labels, handles, strict=True))
        for ax, points in zip(grid, panels.values(), strict=True):
            # Once all is drawn: with a shared axis, the limit would hide higher points.
            if not points["low"].min() < 0:
                ax.set_ylim(bottom=0.0)
        grid[0].set_ylabel(y)
        style.legend_below(drawn, list(shown.values()), list(shown))
    return drawn


def draw(points: pd.DataFrame, ax: Axes, *, looks: dict[str, Look], is_log: bool) -> Axes:
    """Draw the values of each series against ``x``, with error bars.

    Args:
        points: The points of one panel, see `Panels`.
        ax: Axes to draw on.
        looks: The look of each series.
        is_log: True if the x-axis is logarithmic; then it has a tick at each point.
    """
    for name, rows in points.groupby("series", sort=False):
        look = looks[str(name)]
        lengths = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
        drawn = ax.errorbar(
            rows["x"],
            rows["value"],
            yerr=[each.fillna(0).to_numpy() for each in lengths],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            elinewidth=0.7,
        )
        drawn[0].set(label=style.drawable(str(name)), gid=style.NAMED)
    if points["low"].min() < 0:
        ax.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
    if is_log:
        ax.set_xscale("log")
        places = sorted(points["x"].unique())
        ax.set_xticks(places, [f"{place:g}" for place in places])
        ax.xaxis.set_minor_locator(NullLocator())
    style.percent_axis(ax.yaxis)
    return ax
