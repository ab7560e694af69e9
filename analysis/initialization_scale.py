"""The page ``docs/results/initialization_scale.md``: error against the gain of initial weights.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import math
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analysis.pages import Page
from analysis.tables import INTERVAL, claim_counts, claim_words, judged
from ffnn_lab.definition import Condition
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import arms_of, looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.plateaus import errors_by_gain, plateaus
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import ABSENT, percent, value_cell

SWEEP = "initialization_scale"
INITIALIZER, ACTIVATION = "initializer", "model.activation"
WIDTHS = ("gain_adam_wider", "gain_momentum_wider")
"""The claims whose effects have a table; the table of plateaus shows those of the others."""
LEFT = 0.3
"""Place of gain 0 on the logarithmic axis, as a share of the lowest positive gain."""
TICKS = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Gains that have a tick in the figure."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    sweep = page.numbers(SWEEP).sweep
    page.table("plateaus", plateau_words(sweep))
    page.table("counts", claim_counts(judged([sweep])))
    words = claim_words(sweep)
    page.table("widths", words[words["claim"].isin(WIDTHS)])
    with arms_of(sweep.definition):
        page.figure("errors", errors_figure(sweep))


def plateau_words(sweep: Sweep) -> pd.DataFrame:
    """Tabulate the plateau of each arm under each condition, as formatted cells.

    Args:
        sweep: The sweep, with the conditions `INITIALIZER` and `ACTIVATION`.

    Returns:
        A table of strings, one row per condition and arm. Ends of the plateau are geometric means
        over replicates, and intervals are t intervals over replicates. A width with a plus sign is
        at least as large: in some replicate the plateau reaches the lowest or the highest gain.
    """
    rows = []
    for condition, each in zip(sweep.definition.conditions, sweep.conditions, strict=True):
        errors = errors_by_gain(each)
        found = plateaus(errors)
        for arm in each.arms:
            own, at = found[found["arm"] == arm], errors[errors["arm"] == arm]
            low, high = (10 ** own[end].map(math.log10).mean() for end in ("low", "high"))
            width = mean_interval(own["decades"].tolist())
            rows.append(
                {
                    **names_of(condition),
                    "arm": arm,
                    "lowest error (%)": percent(own["lowest"].mean()),
                    "at gain 1": _error_at(at, 1.0),
                    "at gain 0": _error_at(at, 0.0),
                    "plateau": f"{value_cell(float(low))} to {value_cell(float(high))}",
                    f"width (decades) {INTERVAL}": _decades(width.mean, width.low, width.high)
                    + ("+" if own["is_open"].any() else ""),
                }
            )
    return pd.DataFrame(rows)


def names_of(condition: Condition) -> dict[str, str]:
    """Return the initializer and the activation of a condition, by the headings of a table."""
    return {"initializer": str(condition[INITIALIZER]), "activation": str(condition[ACTIVATION])}


def _error_at(errors: pd.DataFrame, gain: float) -> str:
    return percent(float(errors.loc[errors["gain"] == gain, "error"].mean()))


def _decades(mean: float, low: float, high: float) -> str:
    ends = "" if math.isnan(low) else f" [{max(low, 0):.2f}, {high:.2f}]"
    return ABSENT if math.isnan(mean) else f"{mean:.2f}{ends}"


def errors_figure(sweep: Sweep) -> Figure:
    """Draw the error against the gain, on a panel for each initializer and activation.

    Args:
        sweep: The sweep, with the conditions `INITIALIZER` and `ACTIVATION`.
    """
    parts = list(zip(sweep.definition.conditions, sweep.conditions, strict=True))
    rows, columns = (
        list(dict.fromkeys(str(condition[key]) for condition, _ in parts))
        for key in (ACTIVATION, INITIALIZER)
    )
    with style.context():
        drawn = new_figure(style.DOUBLE, 0.7 + 1.9 * len(rows))
        grid = drawn.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
        for condition, each in parts:
            row = rows.index(str(condition[ACTIVATION]))
            column = columns.index(str(condition[INITIALIZER]))
            ax = draw_errors(errors_by_gain(each), grid[row][column], arms=list(each.arms))
            ax.set_title(style.drawable(", ".join(names_of(condition).values())))
        for ax in grid[:, 0]:
            ax.set_ylabel("dev error (%)")
        for ax in grid[-1]:
            ax.set_xlabel("gain of the initial weights")
        style.legend_below(drawn, *style.entries(grid[0][0]))
        drawn.suptitle("mean over replicates of the best learning rate; shaded: 95% interval")
    return drawn


def draw_errors(errors: pd.DataFrame, ax: Axes, *, arms: Sequence[str]) -> Axes:
    """Draw the mean error of each arm against the gain, with a band for its 95% interval.

    Args:
        errors: The table of `ffnn_lab.report.measures.plateaus.errors_by_gain`.
        ax: Axes to draw on.
        arms: The names of all arms.
    """
    for arm, look in looks_of(arms).items():
        own = errors[errors["arm"] == arm]
        means = {
            gain: mean_interval(own.loc[own["gain"] == gain, "error"].tolist()).within(0.0, 1.0)
            for gain in sorted(own["gain"].unique().tolist())
        }
        gains = [gain for gain in means if gain > 0]
        values = [means[gain].mean for gain in gains]
        ax.plot(
            *(gains, values),
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=2.5,
            label=style.drawable(arm),
            gid=style.NAMED,
        )
        low, high = ([getattr(means[gain], end) for gain in gains] for end in ("low", "high"))
        ax.fill_between(gains, low, high, color=look.color, alpha=0.15, linewidth=0)
        if 0.0 in means and gains:
            ax.plot(LEFT * min(gains), means[0.0].mean, color=look.color, marker=look.marker)
    positive = errors.loc[errors["gain"] > 0, "gain"]
    ax.set_xscale("log")
    shown = [tick for tick in TICKS if positive.min() <= tick <= positive.max()]
    ax.set_xticks([LEFT * positive.min(), *shown], ["0", *(f"{tick:g}" for tick in shown)])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(bottom=0.0)
    style.percent_axis(ax.yaxis)
    return ax
