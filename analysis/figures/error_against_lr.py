"""Tuning error against learning rate: where each arm's best lies, and whether on an edge."""

import math
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
from ffnn_lab.edges import edge_text

KEY = "optimizer.lr"
COLUMNS = [
    *("arm", "setting", KEY, "split", "metric", "aggregate", "score"),
    *("n_seeds", "n_diverged", "n_pruned", "n_failed", "is_winner", "edges"),
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
        One row per arm and setting: ``optimizer.lr``, ``score`` (the objective's ``metric`` on
        its ``split``, ``aggregate`` over the tuning seeds), ``n_seeds``, ``n_diverged``,
        ``n_pruned``, ``n_failed``, ``is_winner``, and the ``edges`` on which a winner lies.
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
                    "aggregate": sweep.objective["aggregate"],
                    "score": score["score"],
                    "n_seeds": score["n_seeds"],
                    "n_diverged": score["n_diverged"],
                    "n_pruned": score["n_pruned"],
                    "n_failed": score["n_failed"],
                    "is_winner": is_winner,
                    "edges": edge_text(winner.edges) if winner and is_winner else "",
                }
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(arm=pd.Categorical(table["arm"], categories=list(sweep.arms)))


def has_place(points: pd.DataFrame) -> pd.Series:
    """Say which points have a place in the figure; an infinite score has none."""
    return points["score"].map(math.isfinite).astype(bool)


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each setting as a point, ring the winners, and mark those on an edge by a triangle.

    Args:
        points: As `points` gives them, at least one of them with a place.
        ax: Where.
    """
    points = points[has_place(points)]
    for arm, look in style.looks(style.arms_of(points)).items():
        rows = points[points["arm"] == arm]
        if len(rows) == 0:
            continue
        ax.plot(
            rows[KEY],
            rows["score"],
            look.marker,
            color=look.color,
            label=arm + style.edge_line(_other_edges(rows), what="best"),
            alpha=0.75,
            markeredgewidth=0,
        )
        for _, winner in rows[rows["is_winner"]].iterrows():
            ax.plot(
                winner[KEY],
                winner["score"],
                MARKS[_side(winner["edges"])],
                color=look.color,
                **RING,
            )
    split, metric, aggregate = points[["split", "metric", "aggregate"]].iloc[0]
    over_seeds = f"{aggregate} {'of' if aggregate == 'worst' else 'over'} seeds"
    ax.set_xscale("log")
    ax.set_xlabel(f"{KEY} (step length per update)")
    if metric == "error":
        errors = points["score"].tolist()
        style.error_axis(ax, errors, is_log=style.spans_decades(errors))
        ax.set_ylabel(f"{split} error (%), {over_seeds}")
    else:
        ax.set_yscale("log")
        ax.set_ylabel(f"{split} loss (nats), {over_seeds}")
    return ax


def _side(edges: str) -> str:
    """Give the side of the learning rates' edge among those of a setting."""
    return dict(edge.rsplit(" ", 1) for edge in edges.split("; ") if edge).get(KEY, "")


def _other_edges(rows: pd.DataFrame) -> str:
    """Give a winner's edges that no triangle shows: all but the learning rates'."""
    edges = [edge for text in rows["edges"] for edge in text.split("; ") if edge]
    return "; ".join(edge for edge in edges if edge.rsplit(" ", 1)[0] != KEY)


def figure(points: pd.DataFrame) -> Figure:
    """Lay out the points, names beside them."""
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.2)
        ax = draw(points, drawn.subplots())
        handles, labels = ax.get_legend_handles_labels()
        winners = points[has_place(points) & points["is_winner"]]
        sides = set(winners["edges"].map(_side))
        for side, mark in MARKS.items():
            if side in sides:
                label = f"best, on the {side} edge\nof {KEY}" if side else "best"
                handles.append(Line2D([], [], marker=mark, color="0.4", linestyle="", **RING))
                labels.append(label)
        drawn.legend(handles, labels, loc="outside right center")
    return drawn
