"""The figure of initializer gains: a heat map of the best tuning score at each gain.

The gain is the factor of the initial weights. A row of the heat map is a series: an arm that tunes
the gain, or all arms of one optimizer if each has it fixed.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, NullFormatter

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.forest import LINE
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.along import (
    Tuning,
    best_of_bins,
    bins_of,
    score_words,
    series_of,
    series_points,
)
from ffnn_lab.report.measures.replicates import COUNT
from ffnn_lab.report.text.cells import counts

KEY = "initializer.gain"
ROW = 0.33
"""Height in inches of a row of the heat map whose name has one line."""
COLORS = "cividis_r"
"""Name of matplotlib's colormap. It darkens evenly, also in grayscale, and color-blind readers can
distinguish its colors."""
DARK = 0.48
"""Share of the colormap, from its dark end, on which text is white instead of black."""


def points(
    sweep: Sweep, winners: Mapping[str, Winner], *, replicates: Sequence[Tuning] = ()
) -> pd.DataFrame:
    """Tabulate the best setting of each series in each bin of gains.

    Args:
        sweep: The sweep.
        winners: The best setting of each arm, if the sweep has one tuning.
        replicates: All replicates with their best settings, if the sweep has several.

    Returns:
        The table of `ffnn_lab.report.measures.along.best_of_bins`, a row per cell of the heat map;
        empty if no arm was tried at two gains.
    """
    settings = series_points(sweep, winners, key=KEY, replicates=replicates)
    if len(settings) == 0:
        return settings
    arms = series_of(sweep, KEY)
    bins = bins_of(sweep, settings[KEY].astype(float).tolist(), key=KEY, arms=arms)
    return best_of_bins(settings, bins, key=KEY)


def has_place(points: pd.DataFrame) -> pd.Series:
    """Return a mask of the cells of the heat map that have a score."""
    return points["score"].notna()


def draw(points: pd.DataFrame, ax: Axes) -> AxesImage:
    """Draw the heat map: a row for each series of arms, a column for each bin of gains.

    A cell is the lighter the better its score is. Its text is the score, in percent if it is an
    error, with the number of settings in brackets. The cell of an arm's best setting is framed.

    Args:
        points: The table that the function `points` returns; at least one row has a score.
        ax: Axes to draw on.

    Returns:
        The image of the cells, from which a color bar can be made.
    """
    rows = list(dict.fromkeys(points["series"]))
    of_row = [points[points["series"] == row].sort_values("bin") for row in rows]
    scores = points["score"].dropna().tolist()
    is_error = points["metric"].iloc[0] == "error"
    norm = _norm(scores)
    cells = np.array([row["score"].to_numpy() for row in of_row])
    image = ax.imshow(cells, cmap=COLORS, norm=norm, aspect="auto")
    for cell in points.to_dict("records"):
        if math.isnan(cell["score"]):
            continue
        row, column = rows.index(cell["series"]), int(cell["bin"])
        number = f"{100 * cell['score']:.2f}" if is_error else f"{cell['score']:.3g}"
        # The colormap is reversed: its low end is light.
        is_dark = float(np.asarray(norm(cell["score"]))) > 1 - DARK
        ax.text(
            *(column, row, f"{number} ({cell['n_settings']})"),
            ha="center",
            va="center",
            fontsize=style.SETTINGS["ytick.labelsize"],
            color="white" if is_dark else "black",
        )
        if cell["is_winner"]:
            corner = (column - 0.46, row - 0.42)
            ax.add_patch(Rectangle(corner, 0.92, 0.84, fill=False, edgecolor="0.1", linewidth=1.4))
    labels = of_row[0][KEY].tolist()
    ax.set_xticks(range(len(labels)), labels)
    ax.set_yticks(range(len(rows)), [style.drawable(row) for row in rows])
    ax.set_xlabel(f"{KEY} (factor of the initial weights)")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    return image


def _norm(scores: list[float]) -> Normalize:
    """Return the scale of colors: logarithmic if scores differ by more than a factor of ten."""
    low, high = min(scores), max(scores)
    if low > 0 and style.spans_decades(scores):
        return LogNorm(low, high)
    return Normalize(low, high if high > low else low + 1)


def figure(points: pd.DataFrame) -> Figure:
    """Draw the figure of initializer gains: the heat map, with a color bar to its right.

    Args:
        points: The table that the function `points` returns; at least one row has a score.
    """
    n_rows = points["series"].nunique()
    with style.context():
        lines = max(style.drawable(name).count("\n") for name in points["series"])
        drawn = new_figure(style.DOUBLE, 1.1 + (ROW + LINE * lines) * max(3, n_rows))
        ax = drawn.subplots()
        image = draw(points, ax)
        bar = drawn.colorbar(image, ax=ax, pad=0.02)
        bar.set_label(f"best {score_words(points)}".replace(", ", "\n"))
        if points["metric"].iloc[0] == "error":
            bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{100 * rate:.3g}"))
            bar.ax.yaxis.set_minor_formatter(NullFormatter())
        said = ["best of the settings in each cell, their number in brackets"]
        if COUNT in points:
            n_replicates = counts(points[COUNT], "replicate")
            said = [f"mean over {n_replicates} of the best in each cell, settings in brackets"]
        if points["is_winner"].any():
            said.append("framed: the arm's best")
        if not has_place(points).all():
            said.append("empty: no setting has a score there")
        drawn.suptitle("; ".join(said))
    return drawn
