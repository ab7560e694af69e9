"""Every cell must show its own number, and an empty cell be recognizable as empty."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import gain_by_optimizer
from tests.support.report.arm_builders import Built, make_arm_sweep

KEY = "initializer.gain"


@pytest.fixture
def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": ["sgd", "sgd", "adam", "adam"],
            "bin": [0, 1, 0, 1],
            KEY: ["0.5", "1"] * 2,
            "score": [0.0215, 0.02, math.nan, 0.05],
            "is_winner": [False, True, False, True],
            "n_settings": [3, 4, 0, 7],
            "split": ["dev"] * 4,
            "metric": ["error"] * 4,
            "aggregate": ["mean"] * 4,
        }
    )


def test_cells_hold_their_numbers(cells: pd.DataFrame) -> None:
    ax = Figure().subplots()
    image = gain_by_optimizer.draw(cells, ax)
    said = {text.get_position(): text.get_text() for text in ax.texts}
    assert said == {(0, 0): "2.15 (3)", (1, 0): "2.00 (4)", (1, 1): "5.00 (7)"}
    shown = np.ma.asarray(image.get_array()).tolist()
    assert shown == [[0.0215, 0.02], [None, 0.05]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["sgd", "adam"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "1"]
    assert ax.get_xlabel() == "initializer.gain (factor of the initial weights)"
    frames = [patch.get_xy() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [(round(x), round(y)) for x, y in frames] == [(1, 0), (1, 1)]
    # The darkest cell has white text.
    assert [text.get_color() for text in ax.texts] == ["black", "black", "white"]


def test_the_figure_says_what_empty_is(cells: pd.DataFrame) -> None:
    figure = gain_by_optimizer.figure(cells)
    assert figure.get_suptitle().endswith("empty: no setting has a score there")
    assert figure.axes[1].get_ylabel() == "best dev error (%)\nmean over seeds"
    full = gain_by_optimizer.figure(cells.fillna({"score": 0.03}))
    assert "empty" not in full.get_suptitle()


def test_colors_can_be_read_in_gray() -> None:
    colors = colormaps[gain_by_optimizer.COLORS](np.linspace(0, 1, 20))
    gray = colors[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(gray) < 0).all()


def test_a_loss_is_in_nats(cells: pd.DataFrame) -> None:
    figure = gain_by_optimizer.figure(cells.assign(metric="loss"))
    assert figure.axes[0].texts[0].get_text() == "0.0215 (3)"
    assert figure.axes[1].get_ylabel() == "best dev loss (nats)\nmean over seeds"


def test_points_of_a_sweep(tmp_path: Path) -> None:
    space = {KEY: {"kind": "choice", "values": [0.5, 1.0]}}
    settings = [{KEY: 0.5}, {KEY: 1.0}]
    arms = {
        "sgd": Built(scores=[0.1, 0.2], settings=settings, space=space),
        "adam": Built(scores=[0.3], settings=settings[:1], space={}),
    }
    sweep = make_arm_sweep(tmp_path, arms)
    points = gain_by_optimizer.points(sweep, find_winners(sweep))
    assert points["series"].tolist() == ["sgd", "sgd"]
    assert points["score"].tolist() == pytest.approx([0.1, 0.2])
    assert points[KEY].tolist() == ["0.5", "1"]


def test_without_the_axis_there_is_nothing(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built()})
    points = gain_by_optimizer.points(sweep, find_winners(sweep))
    assert not gain_by_optimizer.has_place(points).any()
