"""The figure of learning rates: tuning score of each setting against its learning rate."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import looks_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.along import has_place, score_words, setting_points
from ffnn_lab.report.measures.replicates import LISTED
from ffnn_lab.report.text.cells import counts

KEY = "optimizer.lr"
MARKS = {"": "o", "low": "<", "high": ">"}
"""Markers around an arm's best setting, by the edge of the learning rate on which it lies."""
RING: dict[str, Any] = {"markersize": 9, "markerfacecolor": "none", "markeredgewidth": 1.3}


def arms_with_lr(sweep: Sweep) -> list[str]:
    """List the names of the arms whose learning rate was tuned."""
    return [name for name, arm in sweep.arms.items() if KEY in arm.space]


def points(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Tabulate the learning rate and the score of every tuned setting.

    Args:
        sweep: The sweep.
        winners: The best setting of each arm.

    Returns:
        The table of `ffnn_lab.report.measures.along.setting_points`, a row per arm and setting.
    """
    return setting_points(sweep, winners, key=KEY, arms=arms_with_lr(sweep))


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each setting as a point, its tuning score against its learning rate.

    A ring marks the best setting of an arm, or a triangle if that setting lies on an edge of the
    learning rates that were tried.

    Args:
        points: The table that the function `points` returns; at least one row has a finite score.
        ax: Axes to draw on.
    """
    points = points[has_place(points)]
    for arm, look in looks_of(style.arms_of(points)).items():
        rows = points[points["arm"] == arm]
        if len(rows) == 0:
            continue
        ax.plot(
            rows[KEY],
            rows["score"],
            look.marker,
            color=look.color,
            label=style.drawable(arm, width=style.RIGHT)
            + style.edge_line(_other_edges(rows), what="best"),
            gid=style.NAMED,
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
    style.log_axis(ax.xaxis)
    ax.set_xlabel(f"{KEY} (step length per update)")
    ax.set_ylabel(score_words(points))
    if points["metric"].iloc[0] == "error":
        errors = points["score"].tolist()
        style.error_axis(ax, errors, is_log=style.spans_decades(errors))
    else:
        style.log_axis(ax.yaxis)
    return ax


def _side(edges: str) -> str:
    """Return the edge of the learning rate on which a setting lies: ``low``, ``high`` or ``""``.

    Args:
        edges: All edges on which the setting lies, as a text of `ffnn_lab.edges.edge_text`.
    """
    return dict(edge.rsplit(" ", 1) for edge in edges.split("; ") if edge).get(KEY, "")


def _other_edges(rows: pd.DataFrame) -> str:
    """Return the edges of an arm's best setting except that of the learning rate, as a text."""
    edges = [edge for text in rows["edges"] for edge in text.split("; ") if edge]
    return "; ".join(dict.fromkeys(edge for edge in edges if edge.rsplit(" ", 1)[0] != KEY))


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of learning rates: all settings in one panel, with a legend to its right.

    Args:
        points: The table that the function `points` returns, or those of all replicates, numbered
            in the column `LISTED`; at least one row has a finite score.
    """
    with style.context():
        drawn = new_figure(style.DOUBLE, 3.2)
        ax = draw(points, drawn.subplots())
        handles, labels = style.entries(ax)
        winners = points[has_place(points) & points["is_winner"]]
        sides = set(winners["edges"].map(_side))
        for side, mark in MARKS.items():
            if side in sides:
                label = f"best, on the {side} edge\nof {KEY}" if side else "best"
                handles.append(Line2D([], [], marker=mark, color="0.4", linestyle="", **RING))
                labels.append(label)
        style.legend_beside(drawn, handles, labels)
        if LISTED in points:
            n_replicates = points[LISTED].nunique()
            drawn.suptitle(f"settings of {counts([n_replicates], 'replicate')}, the best of each")
    return drawn
