"""The page ``docs/results/he_depth.md``: thirty hidden layers of ReLU units, and ten.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

import math

import pandas as pd
from matplotlib.figure import Figure

from analysis.pages import Page
from analysis.signals import draw_law, layer_points, reported_signals
from analysis.tables import INTERVAL, comparison
from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures import layers as layers_figure
from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.looks import arms_of
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.signals import START
from ffnn_lab.report.statistics import mean_interval
from ffnn_lab.report.text.cells import interval_cells, value_cell

SWEEP = "he_depth"
FACTORS = {"glorot": 1 / math.sqrt(2), "he": 1.0, "orthogonal": 1.0}
"""Factor by which a hidden layer of ReLU units as wide as the one before changes the scale of
activations, by the first part of the arm's name."""
DEPTHS = (10, 30)
"""Numbers of hidden layers, each a panel of the figure."""


def make(page: Page) -> None:
    """Make the tables and the figure of the page."""
    numbers = page.numbers(SWEEP)
    page.table("trained", trained_words(numbers.sweep))
    comparison(page, SWEEP)
    with arms_of(numbers.sweep.definition):
        page.figure("signals", signals_figure(numbers))


def trained_words(sweep: Sweep) -> pd.DataFrame:
    """Tabulate how far each arm's winner fits its training examples, and how its signals begin.

    Args:
        sweep: The sweep, whose arms are named ``<initializer>_<layers>``.

    Returns:
        A table of strings, one row per arm: the train error, with a t interval over replicates;
        the median learning rate of the winners; the standard deviation of the activations in the
        first and the last hidden layer at the start, medians over runs; their ratio, and the
        ratio by the law of `FACTORS`.
    """
    rows, signals = reported_rows(sweep), reported_signals(sweep)
    signals = signals[signals["moment"] == START]
    found = []
    for arm in sweep.arms:
        own = rows[rows["arm"] == arm]
        by_replicate = own.groupby("replicate")["last.train.error"].mean()
        interval = mean_interval(by_replicate.tolist()).within(0.0, 1.0)
        name, depth = arm.split("_")
        stds = signals[signals["arm"] == arm].groupby("layer")["active.std"].median()
        first, last = float(stds[1]), float(stds[int(depth)])
        ends = pd.DataFrame([{"e": interval.mean, "low": interval.low, "high": interval.high}])
        found.append(
            {
                "arm": arm,
                f"train error (%) {INTERVAL}": interval_cells(ends, "e")[0],
                "median learning rate": value_cell(float(own["optimizer.lr"].median())),
                "activations, layer 1": f"{first:.3g}",
                "last layer": f"{last:.3g}",
                "ratio": f"{last / first:.2g}",
                "by the law": f"{FACTORS[name] ** (int(depth) - 1):.2g}",
            }
        )
    return pd.DataFrame(found)


def signals_figure(numbers: Numbers) -> Figure:
    """Draw the scale of activations at the start against the layer, a panel for each depth.

    Args:
        numbers: Numbers of the sweep.
    """
    points = layer_points(numbers)
    own = points[(points["statistic"] == "active.std") & (points["moment"] == START)]
    with style.context():
        drawn = new_figure(style.DOUBLE, 2.8)
        panels = drawn.subplots(1, len(DEPTHS), sharey=True, squeeze=False)[0]
        for depth, ax in zip(DEPTHS, panels, strict=True):
            factors = {f"{name}_{depth}": factor for name, factor in FACTORS.items()}
            shown = own[own["arm"].isin(list(factors))]
            layers_figure.draw(shown, ax)
            draw_law(shown, ax, factors=factors)
            ax.set_title(f"{depth} hidden layers, at the start")
        panels[1].set_ylabel("")
        shown_names: dict[str, object] = {}
        for ax in panels:
            handles, labels = style.entries(ax)
            shown_names |= dict(zip(labels, handles, strict=True))
        style.legend_below(drawn, list(shown_names.values()), list(shown_names))
    return drawn
