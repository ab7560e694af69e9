"""Figures of lines must have a panel for each table, and units on the axes."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.lines import figure, over_replicates

COLUMNS = ["series", "x", "value", "low", "high"]
ERRORS = pd.DataFrame(
    [
        ("one", 1, 0.02, 0.01, 0.03),
        ("one", 10, 0.01, math.nan, math.nan),
        ("other", 1, 0.05, 0, 0.2),
    ],
    columns=COLUMNS,
)


def test_each_panel_shows_its_series_in_percent() -> None:
    gains = ERRORS.assign(low=-0.1)
    drawn = figure({"left": ERRORS, "right": gains}, x="k", y="error (%)", is_log=True)
    left, right = drawn.axes
    assert [ax.get_title() for ax in drawn.axes] == ["left", "right"]
    assert [ax.get_xlabel() for ax in drawn.axes] == ["k", "k"]
    assert [ax.get_ylabel() for ax in drawn.axes] == ["error (%)", ""]
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["1", "10"]
    assert left.get_xscale() == "log"
    assert left.yaxis.get_major_formatter()(0.02, 0) == "2"
    assert left.get_ylim()[0] == 0
    assert right.get_ylim()[0] < 0  # differences may be negative
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]
    lines = [line for line in left.get_lines() if line.get_gid()]
    assert [list(np.asarray(line.get_ydata())) for line in lines] == [[0.02, 0.01], [0.05]]


def test_panels_may_share_their_scale() -> None:
    large = ERRORS.assign(value=0.5, low=0.4, high=0.6)
    drawn = figure({"left": ERRORS, "right": large}, x="k", y="error (%)", shares_y=True)
    left, right = drawn.axes
    assert left.get_ylim() == right.get_ylim()
    assert left.get_ylim()[0] == 0
    assert left.get_ylim()[1] > 0.6
    assert left.get_xscale() == "linear"


def test_errors_over_replicates_have_intervals_of_rates() -> None:
    """The mean of 0 and 0.2 is 0.1; the t interval of two values reaches below 0."""
    found = over_replicates(pd.Series([0.0, 0.2]))
    assert found["value"] == pytest.approx(0.1)
    assert (found["low"], found["high"]) == (0.0, 1.0)
