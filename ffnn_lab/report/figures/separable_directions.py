"""The figure of directions on the separable problem: the weights' cosines during training.

Lemma 3.1 of Wilson et al. (2017) predicts the direction of the weights; the cosines are those with
the solution of least norm and with the sign solution.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.figures.separable import MEASURES, add_legend, cosine_axis, evenly, title

N_MARKERS = 3
"""Approximate number of markers on each line."""


def points(
    directions: pd.DataFrame, runs: pd.DataFrame, conditions: Sequence[str]
) -> pd.DataFrame:
    """Tabulate the cosines of the weights with both solutions in closed form, during training.

    Args:
        directions: The table ``directions`` of the records, with the cosines of each run by epoch.
        runs: Rows of `ffnn_lab.report.measures.separable.run_table`.
        conditions: The columns of ``runs`` that are conditions.

    Returns:
        One row per arm, combination of conditions and measured epoch: ``n_runs``, and for each
        cosine (``cosine.min_norm``, ``cosine.sign``) the ``.median``, ``.lowest`` and ``.highest``
        value over runs.
    """
    keys = ["arm", *conditions, "epoch"]
    joined = runs[["run_id", "arm", *conditions]].merge(directions, on="run_id")
    grouped = joined.groupby(keys, observed=True, dropna=False)
    found = {"n_runs": grouped.size()}
    for name in MEASURES:
        if name in joined:
            cosine = grouped[name]
            found[f"{name}.median"] = cosine.median()
            found[f"{name}.lowest"], found[f"{name}.highest"] = cosine.min(), cosine.max()
    return pd.DataFrame(found).reset_index()


def draw(points: pd.DataFrame, ax: Axes, *, measure: str) -> Axes:
    """Draw the median cosine of each arm against the epoch; a band spans lowest to highest value.

    Args:
        points: Rows, one per arm and epoch, of the table that the function `points` returns.
        ax: Axes to draw on.
        measure: ``cosine.min_norm`` or ``cosine.sign``.
    """
    looks = looks_of(style.arms_of(points))
    for place, (arm, look) in enumerate(looks.items()):
        rows = points[points["arm"] == arm].sort_values("epoch")
        if rows.empty:
            continue
        epochs = rows["epoch"].to_numpy()
        median = rows[f"{measure}.median"].to_numpy()
        ax.plot(
            epochs,
            median,
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=3.5,
            # Markers at other places of each line, so that arms that agree are all seen.
            markevery=((place + 0.5) / len(looks) / N_MARKERS, 1 / N_MARKERS),
            label=style.drawable(arm),
            gid=style.NAMED,
        )
        low, high = (rows[f"{measure}.{end}"].to_numpy() for end in ("lowest", "highest"))
        ax.fill_between(epochs, low, high, color=look.color, alpha=0.12, linewidth=0)
    measured = sorted(int(epoch) for epoch in points["epoch"].unique())
    first = next((epoch for epoch in measured if epoch), 1)
    # Logarithmic except near epoch 0, at which weights that are not 0 have a direction, too.
    ax.set_xscale("symlog", linthresh=first, linscale=0.3)
    ticks = [0, *(10**power for power in range(7) if 10**power >= first)]
    shown = [tick for tick in ticks if measured[0] <= tick <= measured[-1]]
    ax.set_xticks(shown, [str(tick) for tick in shown])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(measured[0], max(measured[-1], measured[0] + 1))
    ax.set_xlabel("epoch")
    ax.set_ylabel(MEASURES[measure])
    return ax


def figure(points: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """Draw the cosines of the weights with both solutions during training.

    Each solution has a row of panels, and each value of the last condition a column; of more than
    `ffnn_lab.report.figures.separable.N_SHOWN` values, some are selected. Only runs with the last
    value of every other condition are shown.

    Args:
        points: The table that the function `points` returns.
        conditions: The columns of ``points`` that are conditions.
    """
    panels = _panels(points, list(conditions))
    measures = [name for name in MEASURES if f"{name}.median" in points]
    with style.context():
        drawn = new_figure(style.SINGLE if len(panels) == 1 else style.DOUBLE, 4.0)
        grid = drawn.subplots(len(measures), len(panels), sharex=True, sharey="row", squeeze=False)
        for column, (words, rows) in enumerate(panels):
            for row, measure in enumerate(measures):
                ax = draw(rows, grid[row][column], measure=measure)
                if column:
                    ax.set_ylabel("")
                if row + 1 < len(measures):
                    ax.set_xlabel("")
            grid[0][column].set_title(words)
        for row, measure in enumerate(measures):
            lowest = min(rows[f"{measure}.lowest"].min() for _, rows in panels)
            cosine_axis(grid[row][0], lowest)
        add_legend(drawn)
    return drawn


def _panels(points: pd.DataFrame, conditions: list[str]) -> list[tuple[str, pd.DataFrame]]:
    if not conditions:
        return [("", points)]
    *others, key = conditions
    last = [points[other].cat.categories[-1] for other in others]
    for other, value in zip(others, last, strict=True):
        points = points[points[other].isna() | (points[other] == value)]
    values = list(points[key].cat.categories)
    return [
        (
            title(conditions, [*last, value]),
            points[points[key].isna() | (points[key] == value)],
        )
        for value in (values[place] for place in evenly(len(values)))
    ]
