"""The figure of conditions: test errors and declared differences against a sweep's conditions.

A condition is a value of a field across which the whole comparison of arms is repeated, such as a
train size. A declared difference is one between two arms that the sweep named before its first
run.
"""

import math
from collections.abc import Mapping, Sequence
from numbers import Real

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ffnn_lab.definition import short_names, value_text
from ffnn_lab.look import Look
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.figures.separable import evenly
from ffnn_lab.report.measures.across import DIFFERENCE, ERROR

DECADE = 10.0
"""Ratio of the largest to the smallest value of a condition from which its axis is logarithmic."""
LABELS = {ERROR: "test error (%)", DIFFERENCE: "difference (points)"}
"""Labels of the y-axes by the value of the column ``of``, errors or differences; either has a row
of panels."""


def keys_of(points: pd.DataFrame) -> list[str]:
    """Return the dotted names of the fields that are conditions.

    Args:
        points: The table of `ffnn_lab.report.measures.across.across_table`, in which the columns
            of conditions come before the column ``of``.
    """
    columns = [str(column) for column in points]
    return columns[: columns.index("of")]


def main_key(points: pd.DataFrame) -> str:
    """Return the name of the condition on the x-axis.

    Among the conditions whose values are all numbers, or among all if there are none of these, it
    is the one with most values.

    Args:
        points: The table of `ffnn_lab.report.measures.across.across_table`.
    """
    values = {key: _distinct(points[key].tolist()) for key in keys_of(points)}
    return max(values, key=lambda key: (are_numbers(values[key]), len(values[key])))


def are_numbers(values: Sequence[object]) -> bool:
    """Return True if all values of a condition are numbers, so that its axis has a scale."""
    return all(isinstance(each, Real) and not isinstance(each, bool) for each in values)


def panels_of(points: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Divide the points into panels by the conditions that are not on the x-axis.

    Args:
        points: The table of `ffnn_lab.report.measures.across.across_table`.

    Returns:
        For each combination of values of these conditions its label, such as ``p = 0.6``, and its
        rows. If there is no such condition, one panel has all rows and an empty label.
    """
    others = [key for key in keys_of(points) if key != main_key(points)]
    if not others:
        return [("", points)]
    short = short_names(keys_of(points))
    told = points[others].apply(
        lambda row: ", ".join(f"{short[key]} = {value_text(row[key])}" for key in others), axis=1
    )
    return [(words, points[told == words]) for words in dict.fromkeys(told)]


def draw(points: pd.DataFrame, ax: Axes, *, key: str, of: str, values: Sequence[object]) -> Axes:
    """Draw the test errors of arms, or the differences between arms, against one condition.

    Error bars are 95% intervals; values are in percent or in percentage points.

    Args:
        points: Rows of `ffnn_lab.report.measures.across.across_table`, one per arm or pair and
            value of the condition.
        ax: Axes to draw on.
        key: Dotted name of the condition.
        of: `ERROR` or `DIFFERENCE`.
        values: All values of the condition, in the order in which the sweep lists them.
    """
    shown = points[points["of"] == of]
    is_scale = are_numbers(values)
    for place, (name, rows, look) in enumerate(_series(shown, points)):
        offset = 0.0 if is_scale else 0.08 * (place - (len(shown) / len(values) - 1) / 2)
        x = [_place(value, values, is_scale=is_scale) + offset for value in rows[key]]
        drawn = ax.errorbar(
            x,
            rows["value"].astype(float).to_numpy(),
            yerr=_reach(rows),
            color=look.color,
            linestyle=look.line if is_scale else "none",
            marker=look.marker,
            elinewidth=0.7,
        )
        drawn[0].set(label=name, gid=style.NAMED)
    if is_scale:
        numbers = sorted(_place(value, values, is_scale=True) for value in values)
        if numbers[0] > 0 and numbers[-1] >= DECADE * numbers[0]:
            ax.set_xscale("log")
        ax.set_xticks(numbers, [f"{number:g}" for number in numbers])
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.set_xticks(range(len(values)), [style.drawable(value_text(each)) for each in values])
        ax.set_xlim(-0.5, len(values) - 0.5)
    if of == DIFFERENCE:
        ax.axhline(0.0, color="0.6", linewidth=0.8, zorder=0)
    ax.set_xlabel(style.drawable(short_names(keys_of(points))[key]))
    ax.set_ylabel(LABELS[of])
    style.percent_axis(ax.yaxis)
    return ax


def _series(shown: pd.DataFrame, points: pd.DataFrame) -> list[tuple[str, pd.DataFrame, Look]]:
    """Return the name, the points and the look of each arm or pair of arms in a panel.

    A pair has the color of its arm, and the line and marker of its baseline.

    Args:
        shown: The rows that are drawn, of errors or of differences.
        points: All rows of the panel; looks depend on the arms of its column ``arm``.
    """
    looks: Mapping[str, Look] = looks_of(style.arms_of(points))
    found = []
    for (arm, baseline), rows in shown.groupby(["arm", "baseline"], sort=False, observed=True):
        own = looks[str(arm)]
        if str(baseline):
            other = looks[str(baseline)]
            look = Look(own.color, other.line, other.marker)
            found.append((style.drawable(f"{arm} - {baseline}"), rows, look))
        else:
            found.append((style.drawable(str(arm)), rows, own))
    return found


def _place(value: object, values: Sequence[object], *, is_scale: bool) -> float:
    if is_scale:
        return float(value)  # type: ignore[arg-type]  # a scale has numbers alone
    return float(values.index(value))


def _reach(rows: pd.DataFrame) -> list[list[float]]:
    """Return the lengths of error bars below and above; a length is 0 if there is no interval."""
    ends = rows[["value", "low", "high"]].astype(float).to_numpy().tolist()
    return [
        [0.0 if math.isnan(low) else value - low for value, low, _ in ends],
        [0.0 if math.isnan(high) else high - value for value, _, high in ends],
    ]


def _distinct(values: Sequence[object]) -> list[object]:
    """Return the different values of a condition, in order of appearance."""
    found: list[object] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def figure(points: pd.DataFrame) -> Figure:
    """Draw a figure of test errors, and of declared differences, against a sweep's conditions.

    Errors are in the upper row of panels, differences in the lower one. The x-axis is the
    condition that `main_key` chooses; each combination of the other conditions has a column of
    panels. If a page has no room for all combinations, `evenly` selects some of them.

    Args:
        points: The table of `ffnn_lab.report.measures.across.across_table`.

    Returns:
        The figure. If ``points`` has no errors, or no differences, their row is left out.
    """
    key = main_key(points)
    values = _distinct(points[key].tolist())
    rows = [of for of in LABELS if (points["of"] == of).any()]
    panels = panels_of(points)
    panels = [panels[place] for place in evenly(len(panels))]
    with style.context():
        drawn = new_figure(
            style.SINGLE if len(panels) == 1 else style.DOUBLE, 2.0 * len(rows) + 0.4
        )
        grid = drawn.subplots(len(rows), len(panels), sharex=True, sharey="row", squeeze=False)
        for column, (words, of_panel) in enumerate(panels):
            for row, of in enumerate(rows):
                ax = draw(of_panel, grid[row][column], key=key, of=of, values=values)
                if column:
                    ax.set_ylabel("")
                if row + 1 < len(rows):
                    ax.set_xlabel("")
            grid[0][column].set_title(style.drawable(words))
        entries = [style.entries(line[0]) for line in grid]
        handles = [handle for shown, _ in entries for handle in shown]
        labels = [label for _, named in entries for label in named]
        style.legend_below(drawn, handles, labels)
    return drawn
