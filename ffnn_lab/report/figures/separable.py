"""The figure of the separable problem: test errors, and directions of the final weights.

The problem (`ffnn_lab.separable`, after Wilson et al., 2017) has two solutions in closed form: the
one of least norm, and the sign solution ``sign(X^T y)``, to which adaptive methods are predicted
to lead. A draw is one random set of labels. Runs are shown by draw or, if the sweep has
conditions, by condition.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure

N_SHOWN = 4
"""Largest number of panels side by side."""
MEASURES = {
    "test.error": "test error (%)",
    "cosine.min_norm": "cosine to\nleast norm",
    "cosine.sign": "cosine to\nsign solution",
}
"""Labels of the y-axes, by column of `run_table`; each has a row of panels. The cosines are those
of a run's final weights with either solution in closed form."""
WORDS = {
    "task.n": ("n", "n, train examples"),
    "task.p": ("p", "p, probability of the label +1"),
    "trainer.batch_size": ("batch size", "batch size (examples)"),
    "optimizer.eps": ("eps", "eps, added to the root of the squared gradients"),
    "optimizer.weight_decay": ("decay", "coupled weight decay"),
    "initializer.std": ("std", "std, standard deviation of the first weights"),
}
"""Short name and axis label of a condition, by the config's dotted name of its field; a condition
without an entry is shown by its dotted name."""


def draw_by_draw(runs: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each run's test error against the share of negative test labels, both in percent.

    A gray line shows the errors of a network that answers +1 to every example.

    Args:
        runs: Rows of `ffnn_lab.report.measures.separable.run_table`.
        ax: Axes to draw on.
    """
    ends = runs["is_negative"].min(), runs["is_negative"].max()
    label = "all answered +1"
    ax.plot(ends, ends, color="0.6", linewidth=0.8, zorder=0, label=label, gid=style.NAMED)
    for place, (arm, look) in enumerate(looks_of(style.arms_of(runs)).items()):
        rows = runs[runs["arm"] == arm]
        ax.plot(
            rows["is_negative"],
            rows["test.error"],
            look.marker,
            color=look.color,
            label=style.drawable(arm),
            gid=style.NAMED,
            # Where arms agree, each marker is drawn around the one before.
            markersize=3 + 2 * place,
            markerfacecolor="none",
            markeredgewidth=0.8,
        )
    ax.set_xlabel("share of negative test labels (%)")
    ax.set_ylabel(MEASURES["test.error"])
    ax.set_ylim(bottom=-0.03)
    for axis in (ax.xaxis, ax.yaxis):
        style.percent_axis(axis)
    return ax


def draw_by_condition(runs: pd.DataFrame, ax: Axes, *, key: str, measure: str) -> Axes:
    """Draw the mean of a measure over draws, for each arm at each value of a condition.

    Error bars reach from the lowest to the highest value. An arm that lacks the condition is a
    horizontal line at its mean. For the test error, gray dashes show the share of negative test
    labels.

    Args:
        runs: Rows of `ffnn_lab.report.measures.separable.run_table`.
        ax: Axes to draw on.
        key: The condition on the x-axis, a column of ``runs`` with categories.
        measure: The measure on the y-axis, a key of `MEASURES`.
    """
    values = [str(value) for value in runs[key].cat.categories]
    arms = list(looks_of(style.arms_of(runs)).items())
    for place, (arm, look) in enumerate(arms):
        rows = runs[runs["arm"] == arm]
        if rows.empty:
            continue
        if rows[key].isna().all():
            ax.axhline(
                rows[measure].mean(),
                color=look.color,
                linestyle=look.line,
                label=style.drawable(arm),
                gid=style.NAMED,
            )
            continue
        by_value = rows.groupby(key, observed=True)[measure]
        mean, low, high = by_value.mean(), by_value.min(), by_value.max()
        # Side by side, so that ranges do not hide one another.
        x = [values.index(str(each)) + 0.1 * (place - (len(arms) - 1) / 2) for each in mean.index]
        spread = [(mean - low).to_numpy(), (high - mean).to_numpy()]
        drawn = ax.errorbar(
            x,
            mean,
            yerr=spread,
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=3,
            linewidth=0.9,
            elinewidth=0.6,
        )
        drawn[0].set(label=style.drawable(arm), gid=style.NAMED)
    if measure == "test.error":
        level = runs.groupby(key, observed=True)["is_negative"].mean()
        ax.plot(
            [values.index(str(each)) for each in level.index],
            level,
            color="0.4",
            linestyle="none",
            marker="_",
            markersize=16,
            zorder=0,
            label="negative labels",
            gid=style.NAMED,
        )
    ax.set_xticks(range(len(values)), values)
    ax.set_xlim(-0.5, len(values) - 0.5)
    ax.set_xlabel(WORDS.get(key, (key, key))[1])
    ax.set_ylabel(MEASURES[measure])
    if measure == "test.error":
        ax.set_ylim(bottom=-0.02)
        style.percent_axis(ax.yaxis)
    return ax


def figure(runs: pd.DataFrame, conditions: Sequence[str]) -> Figure:
    """Draw the figure of a sweep on the separable problem.

    Without conditions, one panel shows the runs as `draw_by_draw`. With conditions, the last of
    them is on the x-axis, each measure has a row of panels, and each combination of the other
    conditions has a column; of more than `N_SHOWN` combinations, `evenly` selects some.

    Args:
        runs: Rows of `ffnn_lab.report.measures.separable.run_table`.
        conditions: The columns of ``runs`` that are conditions.
    """
    with style.context():
        if not conditions:
            drawn = new_figure(style.SINGLE, 3.0)
            draw_by_draw(runs, drawn.subplots())
        else:
            drawn = _by_condition(runs, list(conditions))
        add_legend(drawn)
    return drawn


def cosine_axis(ax: Axes, lowest: float) -> None:
    """Set the limits of a y-axis of cosines: from 0, or ``lowest`` if that is negative, to 1."""
    ax.set_ylim(min(0.0, lowest) - 0.05, 1.05)


def add_legend(drawn: Figure) -> None:
    """Add a legend below a figure, with the named lines of the figure's first panel."""
    style.legend_below(drawn, *style.entries(drawn.axes[0]))


def _by_condition(runs: pd.DataFrame, conditions: list[str]) -> Figure:
    *others, key = conditions
    panels = list(runs.groupby(others, observed=True)) if others else [((), runs)]
    panels = [panels[place] for place in evenly(len(panels))]
    n_values = len(runs[key].cat.categories)
    is_narrow = len(panels) == 1 and n_values <= N_SHOWN
    drawn = new_figure(style.SINGLE if is_narrow else style.DOUBLE, 5.0)
    grid = drawn.subplots(len(MEASURES), len(panels), sharex=True, sharey="row", squeeze=False)
    for column, (values, rows) in enumerate(panels):
        for row, measure in enumerate(MEASURES):
            ax = draw_by_condition(rows, grid[row][column], key=key, measure=measure)
            if column:
                ax.set_ylabel("")
            if row + 1 < len(MEASURES):
                ax.set_xlabel("")
        grid[0][column].set_title(title(others, values))
    for row, measure in enumerate(MEASURES):
        if measure != "test.error":
            cosine_axis(grid[row][0], runs[measure].min())
    return drawn


def title(keys: Sequence[str], values: Sequence[object]) -> str:
    """Return the title of a panel: its conditions and their values, as in ``n = 50, p = 0.75``."""
    words = (
        f"{WORDS.get(key, (key,))[0]} = {value}" for key, value in zip(keys, values, strict=True)
    )
    return ", ".join(words)


def evenly(n: int) -> list[int]:
    """Return the indices of at most `N_SHOWN` panels, evenly spaced from the first to the last.

    Args:
        n: Number of panels from which to choose.
    """
    if n <= N_SHOWN:
        return list(range(n))
    return [round(i * (n - 1) / (N_SHOWN - 1)) for i in range(N_SHOWN)]
