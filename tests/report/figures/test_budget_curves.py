"""Curves must end at the number of drawn settings, and bands where they no longer cover."""

import math

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.report.figures import budget_curves

POINTS = pd.DataFrame(
    {
        "arm": ["sgd"] * 3 + ["adam"] * 2,
        "n_settings": [1, 2, 3, 1, 2],
        "expected": [0.2, 0.1, 0.08, math.inf, 0.05],
        "low": [0.1, math.nan, math.nan, math.nan, math.nan],
        "high": [0.3, math.nan, math.nan, math.nan, math.nan],
        "n_drawn": [3, 3, 3, 2, 2],
        "split": ["dev"] * 5,
        "metric": ["error"] * 5,
    }
)


def test_draws_five_rows_of_which_one_is_infinite() -> None:
    ax = budget_curves.draw(POINTS, Figure().subplots())
    assert ax.get_xlabel() == "settings tried (tuning budget)"
    assert ax.get_ylabel() == "expected best dev error (%)"
    drawn = {
        str(line.get_label()): np.asarray(line.get_xdata()).tolist() for line in ax.get_lines()
    }
    assert drawn == {"sgd (3 drawn)": [1, 2, 3], "adam (2 drawn)": [2]}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2"]


def test_a_loss_is_in_nats() -> None:
    ax = budget_curves.draw(POINTS.assign(metric="loss"), Figure().subplots())
    assert ax.get_ylabel() == "expected best dev loss (nats)"


def test_the_title_says_what_the_band_is() -> None:
    assert "95% interval" in budget_curves.figure(POINTS).get_suptitle()
