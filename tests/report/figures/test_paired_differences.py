"""Each difference must be drawn on its row, in its arm's color, with its p value if it has one."""

import math

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.figures import paired_differences
from ffnn_lab.report.figures.looks import registered_looks


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["heavy_ball", "adam", "adagrad"],
            "baseline": ["sgd", "sgd", "sgd"],
            "is_declared": [False, True, True],
            "difference": [-0.005, 0.002, 0.01],
            "low": [-0.008, -0.001, math.nan],
            "high": [-0.002, 0.005, math.nan],
            "n_pairs": [10, 9, 1],
            "p.holm": [math.nan, 0.25, math.nan],
        }
    )


def test_draws_three_rows_of_which_one_has_no_interval(rows: pd.DataFrame) -> None:
    points = paired_differences.points(rows, arms=["sgd", "heavy_ball", "adagrad", "adam"])
    ax = paired_differences.draw(points, Figure().subplots())
    assert ax.get_xlabel() == "difference of test error (percentage points)"
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["heavy_ball - sgd", "adam - sgd"]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["0.250", "p (Holm)"]
    colors = {line.get_color() for line in ax.get_lines()[:-1]}  # the last one marks 0
    assert colors == {registered_looks()[arm].color for arm in ("heavy_ball", "adam")}
    low, high = ax.get_ylim()
    assert low > high  # the first row on top


def test_without_declared_pairs_there_is_no_p(rows: pd.DataFrame) -> None:
    points = paired_differences.points(rows.iloc[:1], arms=["sgd", "heavy_ball"])
    assert not paired_differences.draw(points, Figure().subplots()).texts


def test_ticks_are_percentage_points_and_the_title_counts_pairs(rows: pd.DataFrame) -> None:
    figure = paired_differences.figure(
        paired_differences.points(rows, arms=["sgd", "heavy_ball", "adagrad", "adam"])
    )
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert "-0.2" in labels
    assert figure.get_suptitle().startswith(
        "one setting of each arm, paired over 9 to 10 seeds, 95% t intervals"
    )
