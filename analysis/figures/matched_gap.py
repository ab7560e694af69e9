"""Train-test gap against train loss: what an arm generalizes where it fits as well as another."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import style
from analysis.figures.save import new_figure
from analysis.matched import errors_at, fitted_runs, lowest_loss
from analysis.statistics import sample_std
from analysis.sweep import Sweep
from analysis.winners import Winner

N_LEVELS = 40
"""Train losses at which an arm is read, evenly on a log scale."""
COLUMNS = ["arm", "train.loss", "mean", "std", "n_runs", "is_reached_by_all"]


def points(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Average the gap over the runs of each arm at equal train losses.

    Returns:
        One row per arm and level of ``train.loss``: ``mean`` and sample standard deviation ``std``
        of test error minus train error, over the ``n_runs`` that completed, all of which came down
        to the level; and ``is_reached_by_all``, whether every other arm's did, too.
    """
    runs = {name: fitted_runs(sweep, winner.rows) for name, winner in winners.items()}
    runs = {name: each for name, each in runs.items() if each}
    ends = {name: max(map(lowest_loss, each.values())) for name, each in runs.items()}
    rows = []
    for arm, curves in runs.items():
        start = min(float(curve["train.loss"].iloc[0]) for curve in curves.values())
        levels = np.geomspace(start, ends[arm], N_LEVELS)
        # The lowest as it is, lest rounding puts it out of a run's reach.
        levels[-1] = ends[arm]
        errors = [errors_at(curve, levels.tolist()) for curve in curves.values()]
        gaps = np.array([each["test.error"] - each["train.error"] for each in errors])
        for level, values in zip(levels, gaps.T, strict=True):
            rows.append(
                {
                    "arm": arm,
                    "train.loss": float(level),
                    "mean": float(np.mean(values)),
                    "std": sample_std(values.tolist()),
                    "n_runs": len(values),
                    "is_reached_by_all": bool(level >= max(ends.values())),
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean gap of each arm, one standard deviation shaded; training goes to the right.

    Args:
        points: As `points` gives them, at least one.
        ax: Where.
    """
    for arm, look in style.looks(style.arms_of(points)).items():
        rows = points[points["arm"] == arm]
        if len(rows) == 0:
            continue
        x, mean, std = (rows[name].to_numpy() for name in ("train.loss", "mean", "std"))
        ax.plot(x, mean, color=look.color, linestyle=look.line, label=arm)
        ax.fill_between(x, mean - std, mean + std, color=look.color, alpha=0.12, linewidth=0)
    matched = points.loc[points["is_reached_by_all"], "train.loss"].min()
    ax.axvline(matched, color="0.3", linewidth=0.8)
    ax.set_xscale("log")
    ax.invert_xaxis()
    ax.set_xlabel("train loss (nats), going down to the right")
    ax.set_ylabel("test error - train error\n(percentage points)")
    style.percent_axis(ax.yaxis)
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Lay out the gaps, names below them."""
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.0)
        handles, labels = draw(points, drawn.subplots()).get_legend_handles_labels()
        columns = style.n_columns(labels, width=style.DOUBLE)
        drawn.legend(handles, labels, loc="outside lower center", ncols=columns)
        drawn.suptitle(
            "mean over seeds, shaded: one sample standard deviation; upright line: lowest train "
            "loss that all arms reach"
        )
    return drawn
