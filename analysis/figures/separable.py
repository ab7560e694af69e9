"""The separable problem: errors beside what the closed forms predict, by draw or by condition."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis import style
from analysis.figures.save import new_figure

N_SHOWN = 4
"""Panels side by side, at most."""
MEASURES = {
    "test.error": "test error (%)",
    "cosine.sign": "cosine to the sign solution",
}


def draw_by_draw(runs: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each run's test error against the share of negative test labels.

    Args:
        runs: Rows of `analysis.separable.run_table`.
        ax: Where.
    """
    ends = runs["is_negative"].min(), runs["is_negative"].max()
    ax.plot(ends, ends, color="0.7", linewidth=0.8, zorder=0)
    ax.annotate("all answered +1", ends, (-4, 4), ha="right", textcoords="offset points")
    ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    for place, (arm, look) in enumerate(style.looks(style.arms_of(runs)).items()):
        rows = runs[runs["arm"] == arm]
        ax.plot(
            rows["is_negative"],
            rows["test.error"],
            look.marker,
            color=look.color,
            label=arm,
            # Where arms agree each shows around the one before.
            markersize=3 + 2 * place,
            markerfacecolor="none",
            markeredgewidth=0.8,
        )
    ax.set_xlabel("share of negative test labels (%)")
    ax.set_ylabel("test error (%)")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:g}"))
    return ax


def draw_by_condition(runs: pd.DataFrame, ax: Axes, *, key: str, measure: str) -> Axes:
    """Draw a measure's mean over draws at each value of a condition, with its whole range.

    An arm that lacks the condition is a level line.

    Args:
        runs: Rows of `analysis.separable.run_table`.
        ax: Where.
        key: The condition, a column of categories.
        measure: One of `MEASURES`.
    """
    values = [str(value) for value in runs[key].cat.categories]
    if measure == "test.error":
        level = runs["is_negative"].mean()
        ax.axhline(level, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
        ax.annotate(
            "share of negative labels",
            (0, level),
            (0, 2),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color="0.4",
            fontsize=6,
        )
    arms = list(style.looks(style.arms_of(runs)).items())
    for place, (arm, look) in enumerate(arms):
        rows = runs[runs["arm"] == arm]
        if rows.empty:
            continue
        if rows[key].isna().all():
            ax.axhline(rows[measure].mean(), color=look.color, linestyle=look.line, label=arm)
            continue
        by_value = rows.groupby(key, observed=True)[measure]
        mean, low, high = by_value.mean(), by_value.min(), by_value.max()
        # Side by side, lest ranges hide one another.
        x = [values.index(str(each)) + 0.08 * (place - len(arms) / 2) for each in mean.index]
        spread = [(mean - low).to_numpy(), (high - mean).to_numpy()]
        ax.errorbar(
            x,
            mean,
            yerr=spread,
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=3,
            elinewidth=0.6,
            label=arm,
        )
    ax.set_xticks(range(len(values)), values)
    ax.set_xlabel(key)
    ax.set_ylabel(MEASURES[measure])
    if measure == "test.error":
        ax.set_ylim(bottom=-0.02)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:g}"))
    return ax


def figure(runs: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """Lay out draws in one panel, or the last condition's values in panels by the others'.

    Args:
        runs: Rows of `analysis.separable.run_table`.
        conditions: Its columns that are conditions.
    """
    with style.context():
        if not conditions:
            drawn = new_figure(style.SINGLE, 3.0)
            draw_by_draw(runs, drawn.subplots())
        else:
            drawn = _by_condition(runs, list(conditions))
        handles, labels = drawn.axes[0].get_legend_handles_labels()
        columns = style.n_columns(labels, width=float(drawn.get_figwidth()))
        drawn.legend(handles, labels, loc="outside lower center", ncols=columns)
    return drawn


def _by_condition(runs: pd.DataFrame, conditions: list[str]) -> Figure:
    *others, key = conditions
    panels = list(runs.groupby(others, observed=True)) if others else [((), runs)]
    panels = panels[:N_SHOWN]
    drawn = new_figure(style.SINGLE if len(panels) == 1 else style.DOUBLE, 4.2)
    grid = drawn.subplots(len(MEASURES), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, (values, rows) in enumerate(panels):
        for row, measure in enumerate(MEASURES):
            ax = draw_by_condition(rows, grid[row][column], key=key, measure=measure)
            if column:
                ax.set_ylabel("")
            if row + 1 < len(MEASURES):
                ax.set_xlabel("")
        words = (f"{name} = {value}" for name, value in zip(others, values, strict=True))
        grid[0][column].set_title(", ".join(words))
    return drawn
