"""Tuning error against learning rate: where each arm's best lies, and whether on an edge."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis import style
from analysis.figures.save import new_figure
from analysis.sweep import Sweep
from analysis.winners import Winner, setting_values

KEY = "optimizer.lr"
COLUMNS = [
    *("arm", "setting", KEY, "split", "metric", "score"),
    *("n_seeds", "n_diverged", "is_winner", "edge"),
]
MARKS = {"": "o", "low": "<", "high": ">"}
"""Around a winner, by the edge that it lies on."""
RING: dict[str, Any] = {"markersize": 9, "markerfacecolor": "none", "markeredgewidth": 1.3}


def arms_with_lr(sweep: Sweep) -> list[str]:
    """List the arms whose learning rate was tuned."""
    return [name for name, arm in sweep.arms.items() if KEY in arm.space]


def points(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Give each tuned setting's learning rate and score.

    Returns:
        One row per arm and setting: ``optimizer.lr``, ``score`` (mean of the objective's
        ``metric`` on its ``split`` over the tuning seeds), ``n_seeds``, ``n_diverged``,
        ``is_winner``, and the ``edge`` of the learning rates on which a winner lies.
    """
    rows = []
    for arm in arms_with_lr(sweep):
        values = setting_values(sweep, arm)
        winner = winners.get(arm)
        for score in sweep.scores[sweep.scores["arm"] == arm].to_dict("records"):
            is_winner = winner is not None and winner.setting == score["setting"]
            rows.append(
                {
                    "arm": arm,
                    "setting": score["setting"],
                    KEY: values[score["setting"]][KEY],
                    "split": sweep.objective["split"],
                    "metric": sweep.objective["metric"],
                    "score": score["score"],
                    "n_seeds": score["n_seeds"],
                    "n_diverged": score["n_diverged"],
                    "is_winner": is_winner,
                    "edge": winner.edges.get(KEY, "") if winner and is_winner else "",
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each setting as a point, ring the winners, and mark those on an edge by a triangle.

    Args:
        points: As `points` gives them.
        ax: Where.
    """
    for arm, look in style.looks(style.arms_of(points)).items():
        rows = points[points["arm"] == arm]
        if len(rows) == 0:
            continue
        ax.plot(
            rows[KEY],
            rows["score"],
            look.marker,
            color=look.color,
            label=arm,
            alpha=0.75,
            markeredgewidth=0,
        )
        for _, winner in rows[rows["is_winner"]].iterrows():
            ax.plot(
                winner[KEY],
                winner["score"],
                MARKS[winner["edge"]],
                color=look.color,
                **RING,
            )
    split, metric = points["split"].iloc[0], points["metric"].iloc[0]
    ax.set_xscale("log")
    ax.set_xlabel(f"{KEY} (step length per update)")
    if metric == "error":
        errors = points["score"].tolist()
        style.error_axis(ax, errors, is_log=style.spans_decades(errors))
        ax.set_ylabel(f"{split} error (%), mean over seeds")
    else:
        ax.set_yscale("log")
        ax.set_ylabel(f"{split} loss (nats), mean over seeds")
    return ax


def figure(points: pd.DataFrame) -> Figure:
    """Lay out the points, names beside them."""
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.2)
        ax = draw(points, drawn.subplots())
        handles, labels = ax.get_legend_handles_labels()
        edges = set(points.loc[points["is_winner"], "edge"])
        for is_shown, mark, label in (
            ("" in edges, MARKS[""], "best"),
            ("low" in edges, MARKS["low"], "best, on the low edge"),
            ("high" in edges, MARKS["high"], "best, on the high edge"),
        ):
            if is_shown:
                handles.append(Line2D([], [], marker=mark, color="0.4", linestyle="", **RING))
                labels.append(label)
        drawn.legend(handles, labels, loc="outside right center")
    return drawn
