"""The figure of the train-test gap: test error minus train error of each arm's best setting.

The gap is shown along the falling train loss, at equal train loss, and as reported at the end.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of, need_markers
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.matched import crossings, lowest_loss
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.statistics import sample_std
from ffnn_lab.report.text.cells import counts

N_LEVELS = 40
"""Number of train losses at which an arm's gap is computed, evenly spaced on a log scale."""
COLUMNS = [
    *("arm", "shown", "train.loss", "mean", "std", "low", "high", "n_runs"),
    "is_reached_by_all",
]
MOMENTS = {"matched": "at equal\ntrain loss", "reported": "as reported"}
"""Labels of the two moments at which gaps are shown with intervals, by the value of the column
``shown``."""
STEP = 0.8
"""Share of the distance between two moments over which the markers of the arms are spread."""


def points(
    fitted: Mapping[str, Mapping[int, pd.DataFrame]],
    *,
    arms: pd.DataFrame,
    matched: pd.DataFrame,
) -> pd.DataFrame:
    """Average the train-test gap, test error minus train error, over the runs of each arm.

    Args:
        fitted: The curves of the completed runs of all replicates, by arm and then by seed, as
            `ffnn_lab.report.measures.matched.fitted_runs` returns them.
        arms: The table of `ffnn_lab.report.measures.tables.arm_table`.
        matched: The table of `ffnn_lab.report.measures.matched.matched_table`.

    Returns:
        A table of gaps, as rates, whose column ``shown`` has one of three values. Rows of the kind
        ``course`` describe training, one per arm and level of ``train.loss``: the ``mean`` and
        sample standard deviation ``std`` over the ``n_runs`` that completed, all of which reached
        the level, and ``is_reached_by_all``, which is true if the runs of every other arm reached
        it, too. Each arm has one row of the kind ``matched``, at the lowest train loss that all
        arms reach, and one of the kind ``reported``, at the objective's moment; both have the
        ``mean`` gap with the ends ``low`` and ``high`` of its 95% t interval. As reported, a run
        that diverged has the error of chance on both splits.
    """
    found = [_course(fitted)]
    for shown, table, ends in (("matched", matched, ("train.loss",)), ("reported", arms, ())):
        has_runs = table[table["n_seeds"] > 0] if len(table) > 0 else table
        names = {"gap": "mean", "gap.low": "low", "gap.high": "high", "n_seeds": "n_runs"}
        kept = has_runs.reindex(columns=["arm", *ends, *names]).rename(columns=names)
        found.append(kept.assign(shown=shown, is_reached_by_all=shown == "matched"))
    rows = [each.reindex(columns=COLUMNS).astype(object) for each in found]
    numbers = dict.fromkeys(("train.loss", "mean", "std", "low", "high"), float)
    table = pd.concat(rows).astype({**numbers, "n_runs": int, "is_reached_by_all": bool})
    if len(found[0]) == 0:
        table = table.iloc[:0]
    table = table.reset_index(drop=True)
    return table.assign(arm=pd.Categorical(table["arm"], categories=arms["arm"].tolist()))


def _course(fitted: Mapping[str, Mapping[int, pd.DataFrame]]) -> pd.DataFrame:
    runs = {name: each for name, each in fitted.items() if each}
    ends = {name: max(map(lowest_loss, each.values())) for name, each in runs.items()}
    rows = []
    for arm, curves in runs.items():
        start = min(float(curve["train.loss"].iloc[0]) for curve in curves.values())
        levels = np.geomspace(start, ends[arm], N_LEVELS)
        # The exact lowest loss, so that rounding does not put it below all losses of a run.
        levels[-1] = ends[arm]
        errors = [crossings(curve, levels.tolist()).T for curve in curves.values()]
        gaps = np.array([test - train for train, test in errors])
        for level, values in zip(levels, gaps.T, strict=True):
            rows.append(
                {
                    "arm": arm,
                    "shown": "course",
                    "train.loss": float(level),
                    "mean": float(np.mean(values)),
                    "std": sample_std(values.tolist()),
                    "n_runs": len(values),
                    "is_reached_by_all": bool(level >= max(ends.values())),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean train-test gap of each arm, in percentage points, against the train loss.

    The train loss falls from left to right, as it does in training. A band around each mean shows
    one standard deviation on either side. A vertical line marks the lowest train loss that all
    arms reach.

    Args:
        points: The rows whose ``shown`` is ``course``, at least one, of the table that the
            function `points` returns.
        ax: Axes to draw on.
    """
    looks = looks_of(style.arms_of(points))
    has_markers = need_markers(looks.values())
    for arm, look in looks.items():
        rows = points[points["arm"] == arm]
        if len(rows) == 0:
            continue
        x, mean, std = (rows[name].to_numpy() for name in ("train.loss", "mean", "std"))
        ax.plot(
            *(x, mean),
            color=look.color,
            linestyle=look.line,
            marker=look.marker if has_markers else "",
            markevery=style.SPARSE,
            label=arm,
            gid=style.NAMED,
        )
        ax.fill_between(x, mean - std, mean + std, color=look.color, alpha=0.12, linewidth=0)
    matched = points.loc[points["is_reached_by_all"], "train.loss"].min()
    ax.axvline(matched, color="0.3", linewidth=0.8)
    ax.annotate(
        "all arms\nreach this",
        (matched, 0.02),
        (-3, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right",
        fontsize=6,
        color="0.3",
    )
    style.log_axis(ax.xaxis)
    ax.invert_xaxis()
    ax.set_xlabel("train loss (nats), going down to the right")
    ax.set_ylabel("test error - train error\n(percentage points)")
    style.percent_axis(ax.yaxis)
    return ax


def draw_moments(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean gap of each arm with its 95% interval, at equal train loss and as reported.

    Args:
        points: The table that the function `points` returns; rows of the kind ``course`` are
            ignored.
        ax: Axes to draw on.
    """
    looks = looks_of(style.arms_of(points))
    for moment, label in enumerate(MOMENTS):
        rows = points[points["shown"] == label].set_index("arm")
        for place, (arm, look) in enumerate(looks.items()):
            if arm not in rows.index:
                continue
            mean, low, high = (float(rows[name][arm]) for name in ("mean", "low", "high"))
            x = moment + STEP * ((place + 0.5) / len(looks) - 0.5)
            # One run has no interval.
            spread = [[max(0.0, end)] for end in (mean - low, high - mean)]
            ax.errorbar(
                [x],
                [mean],
                yerr=None if math.isnan(low) else spread,
                color=look.color,
                marker=look.marker,
                linestyle="",
                elinewidth=1,
            )
    ax.set_xlim(-0.5, len(MOMENTS) - 0.5)
    ax.set_xticks(range(len(MOMENTS)), list(MOMENTS.values()))
    ax.tick_params(axis="x", length=0)
    ax.grid(visible=False, axis="x")
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of the train-test gap, in two panels on one scale.

    The left panel shows the gap against the falling train loss (`draw`), the right one the gap at
    equal train loss and as reported (`draw_moments`). A legend of the arms is below.

    Args:
        points: The table that the function `points` returns, with at least one row.
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.0)
        left, right = drawn.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        draw(points[points["shown"] == "course"], left)
        draw_moments(points, right)
        left.set_title("mean, shaded: one sample standard deviation")
        n_values = counts(points.loc[points["shown"] != "course", "n_runs"], "seed")
        if COUNT in points:
            n_values = counts(points[COUNT], "replicate")
            left.set_title("mean of all seeds, shaded: one sample standard deviation")
        right.set_title(f"{n_values}: mean, 95% t interval")
        looks = looks_of(style.arms_of(points))
        names = [arm for arm in looks if arm in set(points["arm"])]
        handles = [
            Line2D([], [], color=look.color, ls=look.line, marker=look.marker)
            for look in map(looks.__getitem__, names)
        ]
        style.legend_below(drawn, handles, [style.drawable(name) for name in names])
    return drawn
