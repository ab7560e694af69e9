"""Figures and tables of signals in the layers, which the pages on initialization share."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analysis.pages import PageError
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.signals import signals_of
from ffnn_lab.report.text.cells import value_cell

GRAY = "0.35"
"""Color of the lines of laws."""


def reported_signals(sweep: Sweep) -> pd.DataFrame:
    """Return the signals of the reported runs, see `ffnn_lab.report.measures.signals.signals_of`.

    Args:
        sweep: A sweep without conditions, or under one of them.
    """
    return signals_of(sweep.layers, reported_rows(sweep))


def layer_points(numbers: Numbers) -> pd.DataFrame:
    """Return the points of the report's figure of layers.

    Args:
        numbers: Numbers of a sweep whose layers were diagnosed.

    Raises:
        PageError: If no reported run was diagnosed at its start.
    """
    points = FIGURES["layers"].points(numbers)
    if points is None:
        msg = f"{numbers.sweep.name} has no diagnoses of layers (trainer.diagnose_every)"
        raise PageError(msg)
    return points


def signal_words(
    signals: pd.DataFrame, *, moment: str, statistic: str, layers: Sequence[int]
) -> pd.DataFrame:
    """Tabulate a statistic by arm and layer, as formatted cells: medians over runs.

    Args:
        signals: The table of `reported_signals`.
        moment: ``start`` or ``end``.
        statistic: A column of the table ``layers``.
        layers: Numbers of the layers, each a column.
    """
    own = signals[signals["moment"] == moment]
    medians = own.groupby(["arm", "layer"], sort=False)[statistic].median()
    rows = []
    for arm in dict.fromkeys(own["arm"]):
        values = {layer: medians.get((arm, layer), math.nan) for layer in layers}
        words = {f"layer {layer}": value_cell(float(value)) for layer, value in values.items()}
        rows.append({"arm": str(arm), **words})
    return pd.DataFrame(rows)


def draw_law(
    points: pd.DataFrame, ax: Axes, *, factors: Mapping[str, float], is_backward: bool = False
) -> Axes:
    """Draw by which factor a law lets a signal of some arms change in each layer, as dotted lines.

    A line begins at the arm's median in the first layer, or in the last one for signals that go
    backward.

    Args:
        points: Rows of one statistic and one moment of the table of
            `ffnn_lab.report.figures.layers.points`.
        ax: Axes to draw on.
        factors: The factor of each layer, by arm.
        is_backward: True for gradients, which go from the last layer to the first.
    """
    for arm, factor in factors.items():
        own = points[points["arm"] == arm].sort_values("layer", ascending=not is_backward)
        if own.empty:
            continue
        steps = (own["layer"] - own["layer"].iloc[0]).abs()
        law = own["median"].iloc[0] * factor**steps
        ax.plot(own["layer"], law, color=GRAY, linestyle=":", linewidth=1.2, zorder=4)
        ax.lines[-1].set(label="law", gid=style.NAMED)
    return ax
