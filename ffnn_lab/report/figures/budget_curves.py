"""The figure of budget curves: expected best tuning score by the number of settings tried."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.text.cells import counts


def has_place(points: pd.DataFrame) -> pd.Series:
    """Return a mask of the points that can be drawn: those whose expected score is finite."""
    return pd.Series(np.isfinite(points["expected"].astype(float)), index=points.index)


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the expected best score of each arm against the number of settings that were tried.

    The band around a line is the 95% interval of the expected score. Errors are in percent, losses
    in nats, on a logarithmic axis.

    Args:
        points: Rows of `ffnn_lab.report.measures.budgets.budget_points`, at least one of which can
            be drawn (`has_place`).
        ax: Axes to draw on.
    """
    points = points[has_place(points)]
    for arm, look in looks_of(style.arms_of(points)).items():
        rows = points[points["arm"] == arm].sort_values("n_settings")
        if len(rows) == 0:
            continue
        x = rows["n_settings"].to_numpy()
        ax.plot(
            x,
            rows["expected"].to_numpy(),
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markevery=[i for i, n in enumerate(x) if _is_power(n)],
            label=f"{style.drawable(arm, width=style.RIGHT)} ({rows['n_drawn'].iloc[0]} drawn)",
            gid=style.NAMED,
        )
        has_band = rows["low"].notna().to_numpy()
        ax.fill_between(
            x[has_band],
            rows["low"].to_numpy()[has_band],
            rows["high"].to_numpy()[has_band],
            color=look.color,
            alpha=0.13,
            linewidth=0,
        )
    most = int(points["n_settings"].max())
    ax.set_xscale("log", base=2)
    ax.set_xticks([2**k for k in range(most.bit_length()) if 2**k <= most])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("settings tried (tuning budget)")
    split, metric = points[["split", "metric"]].iloc[0]
    if metric == "error":
        # A log axis: the first few budgets score far worse than those that a reader compares.
        ends = points[["expected", "low", "high"]].to_numpy(dtype=float)
        shown = ends[np.isfinite(ends)].clip(max=max(1.0, points["expected"].max()))
        style.error_axis(ax, shown.tolist(), is_log=True)
        ax.set_ylabel(f"expected best {split} error (%)")
    else:
        style.log_axis(ax.yaxis)
        ax.set_ylabel(f"expected best {split} loss (nats)")
    return ax


def _is_power(n: int) -> bool:
    return n & (n - 1) == 0


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of budget curves: all arms in one panel, with a legend to its right.

    Args:
        points: The table of `ffnn_lab.report.measures.budgets.budget_points`, or that of
            `mean_budgets` over replicates, at least one row of which can be drawn (`has_place`).
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.0)
        ax = draw(points, drawn.subplots())
        style.legend_beside(drawn, *style.entries(ax))
        shaded = "95% interval, as far as a quarter of the settings drawn"
        if COUNT in points:
            shaded = f"95% interval over {counts(points[COUNT], 'replicate')}"
        drawn.suptitle(f"random search; shaded: {shaded}")
    return drawn
