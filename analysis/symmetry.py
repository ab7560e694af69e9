"""The page ``docs/results/symmetry.md``: hidden units that begin equal.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from analysis.pages import Page
from analysis.signals import reported_signals
from analysis.tables import INTERVAL, claim_words
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.signals import END
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import interval_cells

SWEEP = "symmetry"
ACTIVATION = "model.activation"
LINEAR = 1e-8
"""Largest difference on the linear part of the axis, where 0 has its place: below the rounding of
single precision."""

TICKS = {"1e-8": 1e-8, "1e-6": 1e-6, "1e-4": 1e-4, "0.01": 0.01, "1": 1.0}
"""Differences that have a tick in the figure, by its label."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    sweep = page.numbers(SWEEP).sweep
    page.table("ends", end_words(sweep))
    page.table("claims", claim_words(sweep))
    page.figure("differences", differences_figure(sweep))


def end_words(sweep: Sweep) -> pd.DataFrame:
    """Tabulate how each arm ends under each activation, as formatted cells.

    Args:
        sweep: The sweep, with the condition `ACTIVATION`.

    Returns:
        A table of strings, one row per activation and arm: train and test error with t intervals
        over replicates, the largest difference between two hidden units after the last epoch
        (median over runs), and the share of runs in which it is exactly 0.
    """
    found = []
    for condition, each in zip(sweep.definition.conditions, sweep.conditions, strict=True):
        rows, signals = reported_rows(each), reported_signals(each)
        signals = signals[signals["moment"] == END]
        for arm in each.arms:
            own = rows[rows["arm"] == arm]
            unlike = signals[signals["arm"] == arm].groupby("run_id")["difference"].max()
            found.append(
                {
                    "activation": str(condition[ACTIVATION]),
                    "arm": arm,
                    f"train error (%) {INTERVAL}": _cell(own, "last.train.error"),
                    f"test error (%) {INTERVAL}": _cell(own, "last.test.error"),
                    "difference of units": f"{unlike.median():.2g}",
                    "all equal (% of runs)": f"{100 * (unlike == 0).mean():.0f}",
                }
            )
    return pd.DataFrame(found)


def _cell(rows: pd.DataFrame, column: str) -> str:
    interval = mean_interval(rows.groupby("replicate")[column].mean().tolist()).within(0.0, 1.0)
    ends = pd.DataFrame([{"e": interval.mean, "low": interval.low, "high": interval.high}])
    return interval_cells(ends, "e")[0]


def differences_figure(sweep: Sweep) -> Figure:
    """Draw the largest difference between two hidden units by epoch, a panel per activation.

    Args:
        sweep: The sweep, with the condition `ACTIVATION`.
    """
    parts = list(zip(sweep.definition.conditions, sweep.conditions, strict=True))
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.9)
        panels = drawn.subplots(1, len(parts), sharey=True, squeeze=False)[0]
        for (condition, each), ax in zip(parts, panels, strict=True):
            draw_differences(each, ax)
            ax.set_title(style.drawable(str(condition[ACTIVATION])))
        panels[0].set_ylabel("largest difference of two units")
        style.legend_below(drawn, *style.entries(panels[0]))
        drawn.suptitle("median over runs; at the lower end: exactly 0")
    return drawn


def draw_differences(sweep: Sweep, ax: Axes) -> Axes:
    """Draw the largest difference between two hidden units of each arm against the epoch.

    Args:
        sweep: The sweep under one condition.
        ax: Axes to draw on, whose y-axis is linear up to `LINEAR` and logarithmic beyond.
    """
    rows = reported_rows(sweep)
    merged = sweep.layers.merge(rows[["run_id", "arm"]], on="run_id")
    largest = merged.groupby(["arm", "run_id", "epoch"])["difference"].max()
    medians = largest.groupby(["arm", "epoch"]).median()
    for arm, look in looks_of(list(sweep.arms)).items():
        own = medians[arm]
        ax.plot(
            *(own.index.to_numpy(), own.to_numpy()),
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=3,
            label=style.drawable(arm),
            gid=style.NAMED,
        )
    ax.set_yscale("symlog", linthresh=LINEAR)
    ax.set_ylim(bottom=0.0)
    ax.set_yticks([0.0, *TICKS.values()], ["0", *TICKS])
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax
