"""Shares must be drawn at their number of replicates, around the line of 95%."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ffnn_lab.report.figures import measured_coverage

COVERAGE = pd.DataFrame(
    {
        "of": ["seeds of one tuning", "replicates", "seeds of one tuning"],
        "n_replicates": [1, 5, 1],
        "arm": ["adam", "adam", "heavy_ball"],
        "against": ["sgd", "sgd", "sgd"],
        "truth": [0.01, 0.01, 0.02],
        "share": [0.5, 0.96, 0.6],
        "share.low": [0.45, 0.9, 0.5],
        "share.high": [0.55, 0.99, 0.7],
        "n": [400, 80, 400],
    }
)


def test_draws_three_shares_of_two_pairs() -> None:
    ax = measured_coverage.draw(measured_coverage.points(COVERAGE), Figure().subplots())
    line, *marks = ax.get_lines()
    assert np.asarray(line.get_ydata()).tolist() == [0.95, 0.95]
    drawn = {
        str(each.get_label()): (np.asarray(each.get_xdata()), np.asarray(each.get_ydata()))
        for each in marks
        if " - " in str(each.get_label())
    }
    assert drawn["adam - sgd"][0].tolist() == pytest.approx([0.97, 4.85])
    assert drawn["adam - sgd"][1].tolist() == [0.5, 0.96]
    assert drawn["heavy_ball - sgd"][0].tolist() == pytest.approx([1.03])
    ends, _ = ax.collections
    assert isinstance(ends, LineCollection)
    assert ends.get_segments()[1][:, 1].tolist() == pytest.approx([0.9, 0.99])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["one tuning,\nover seeds", "5"]
    assert ax.yaxis.get_major_formatter()(0.5, 0) == "50"
    assert ax.get_ylabel() == "intervals that cover (%)"


def test_the_legend_names_the_pairs() -> None:
    figure = measured_coverage.figure(measured_coverage.points(COVERAGE))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["adam - sgd", "heavy_ball - sgd"]
