"""The figure of verdicts: the effects of claims, over the region that each claim asserts.

A claim is a sentence of a paper that sweeps can test, such as that a difference of test errors is
above a margin (`ffnn_lab.report.claims`).
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.forest import (
    draw_interval,
    has_place,
    name_rows,
    row_height,
    write_beside,
)
from ffnn_lab.report.figures.looks import VERDICTS
from ffnn_lab.report.figures.save import new_figure

CLAIMED = "#dfe9f1"
"""Color of the region in which a claim asserts the effect to lie."""
FRAME = 0.55
"""Height in inches of a claim's panel in addition to its rows."""


def points(table: pd.DataFrame, *, sweep: str) -> pd.DataFrame:
    """Select the effects of one sweep that have an interval.

    Args:
        table: The table of `ffnn_lab.report.claims.verdicts.verdict_table`.
        sweep: Name of the sweep.
    """
    return table[(table["sweep"] == sweep) & has_place(table)]


def draw(points: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a row for each effect of a claim: the effect with its 95% interval.

    The region that the claim asserts is shaded. Color, line and marker of a row show the verdict;
    the text beside it is the number of values behind the effect.

    Args:
        points: The rows of one claim, at least one, of the table that the function `points`
            returns.
        ax: Axes to draw on.
    """
    rows = points.to_dict("records")
    ends = [*points["low"], *points["high"], 0.0, *_margins(points)]
    beyond = 0.06 * (max(ends) - min(ends)) or 0.01
    left, right = min(ends) - beyond, max(ends) + beyond
    low, high = max(rows[0]["claimed.low"], left), min(rows[0]["claimed.high"], right)
    ax.axvspan(low, high, color=CLAIMED, linewidth=0, zorder=0)
    for place, row in enumerate(rows):
        look = VERDICTS[row["verdict"]]
        draw_interval(ax, place, row["effect"], (row["low"], row["high"]), look)
        write_beside(ax, place, f"{row['n']} {row['of']}")
    name_rows(ax, [str(row["what"]) for row in rows])
    ax.set_xlim(left, right)
    ax.set_xlabel(f"effect ({rows[0]['unit']})")
    ax.set_title(str(rows[0]["claim"]).replace("_", " "), loc="left")
    return ax


def _margins(points: pd.DataFrame) -> list[float]:
    """Return the ends of a claim's region that are finite."""
    ends = points[["claimed.low", "claimed.high"]].iloc[0].tolist()
    return [end for end in ends if abs(end) != float("inf")]


def figure(points: pd.DataFrame) -> Figure:
    """Draw a figure with a panel for each claim, one below the other, and a legend of verdicts.

    Every panel has a scale of its own.

    Args:
        points: The table that the function `points` returns, with at least one row.
    """
    claims = list(points["claim"].unique())
    counts = [int((points["claim"] == claim).sum()) for claim in claims]
    row = row_height([str(name) for name in points["what"]])
    heights = [FRAME + row * n for n in counts]
    with style.context():
        drawn = new_figure(style.DOUBLE, sum(heights) + 0.6)
        panels = drawn.subplots(len(claims), squeeze=False, height_ratios=heights)[:, 0]
        for claim, ax in zip(claims, panels, strict=True):
            draw(points[points["claim"] == claim], ax)
        shown = {name: look for name, look in VERDICTS.items() if name in set(points["verdict"])}
        handles: list[Line2D | Patch] = [
            Line2D([], [], color=look.color, marker=look.marker, ls=look.line, label=name)
            for name, look in shown.items()
        ]
        handles.append(Patch(color=CLAIMED, label="what is claimed"))
        drawn.legend(handles=handles, loc="outside lower center", ncols=len(handles))
        drawn.suptitle(
            f"{style.drawable(points['sweep'].iloc[0])}: effects with 95% intervals, verdicts "
            "after Holm"
        )
    return drawn
