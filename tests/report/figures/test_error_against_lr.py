"""Every tuned setting must be shown at its learning rate, and each arm's best one be marked."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import error_against_lr
from ffnn_lab.report.measures.along import has_place


@pytest.fixture
def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["sgd", "sgd", "adam"],
            "setting": [0, 1, 0],
            "optimizer.lr": [0.1, 1.0, 0.01],
            "split": ["dev"] * 3,
            "metric": ["error"] * 3,
            "aggregate": ["mean"] * 3,
            "score": [0.15, 0.11, 0.05],
            "n_seeds": [2] * 3,
            "n_diverged": [0] * 3,
            "is_winner": [False, True, True],
            "n_pruned": [0] * 3,
            "n_failed": [0] * 3,
            "edges": ["", "optimizer.lr high", ""],
        }
    )


def test_points_are_all_settings_with_their_scores(small: Sweep) -> None:
    points = error_against_lr.points(small, find_winners(small))
    sgd = points[points["arm"] == "sgd"].set_index("setting")
    assert sgd["optimizer.lr"].to_dict() == {0: 0.1, 1: 1.0, 2: 0.3}
    assert sgd["score"].to_dict() == pytest.approx({0: 0.15, 1: 0.11, 2: 0.49})
    assert sgd["n_diverged"].to_dict() == {0: 0, 1: 0, 2: 1}
    assert sgd["edges"].to_dict() == {0: "", 1: "optimizer.lr high", 2: ""}
    assert points.groupby("arm", observed=True)["is_winner"].sum().to_dict() == {
        "sgd": 1,
        "adam": 1,
    }


def test_draws_three_rows(rows: pd.DataFrame) -> None:
    ax = error_against_lr.draw(rows, Figure().subplots())
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "optimizer.lr (step length per update)"
    assert ax.get_ylabel() == "dev error (%), mean over seeds"
    drawn = [(line.get_marker(), np.asarray(line.get_xdata()).tolist()) for line in ax.get_lines()]
    # Each arm's points, then the mark around its winner: a triangle on an edge, else a ring.
    assert drawn == [("o", [0.1, 1.0]), (">", [1.0]), ("P", [0.01]), ("o", [0.01])]
    assert [line.get_markerfacecolor() for line in ax.get_lines()[1::2]] == ["none", "none"]


@pytest.mark.parametrize(
    ("aggregate", "words"), [("median", "median over seeds"), ("worst", "worst of seeds")]
)
def test_the_axis_says_how_seeds_make_a_score(
    rows: pd.DataFrame, aggregate: str, words: str
) -> None:
    ax = error_against_lr.draw(rows.assign(aggregate=aggregate), Figure().subplots())
    assert ax.get_ylabel() == f"dev error (%), {words}"


def test_the_legend_explains_the_marks(rows: pd.DataFrame) -> None:
    figure = error_against_lr.figure(rows)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["sgd", "adam", "best", "best, on the high edge\nof optimizer.lr"]


def test_an_edge_of_another_axis_is_told_beside_the_arm(rows: pd.DataFrame) -> None:
    """A triangle marks edges of the learning rate alone; the legend names other axes."""
    edges = "dropout.hidden high; optimizer.lr low; initializer.gain low"
    figure = error_against_lr.figure(rows.assign(edges=["", edges, "initializer.gain high"]))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [
        "sgd\n(best on edge: dropout.hidden, initializer.gain)",
        "adam\n(best on edge: initializer.gain)",
        "best",
        "best, on the low edge\nof optimizer.lr",
    ]
    assert [line.get_marker() for line in figure.axes[0].get_lines()] == ["o", "<", "P", "o"]


def test_a_setting_without_a_finite_score_has_no_place(rows: pd.DataFrame) -> None:
    """A setting that was pruned or failed scores infinity, which is on no axis of error rates."""
    lost = rows.assign(score=[0.15, math.inf, math.inf], n_pruned=[0, 1, 0], n_failed=[0, 0, 1])
    assert has_place(lost).tolist() == [True, False, False]
    figure = error_against_lr.figure(lost)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert [np.asarray(line.get_xdata()).tolist() for line in ax.get_lines()] == [[0.1]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sgd"]


def test_a_loss_is_in_nats_and_an_infinite_one_is_off_the_axis(rows: pd.DataFrame) -> None:
    figure = Figure()
    losses = rows.assign(metric="loss", score=[math.inf, 0.11, 0.05])
    ax = error_against_lr.draw(losses, figure.subplots())
    figure.draw_without_rendering()
    assert ax.get_ylabel() == "dev loss (nats), mean over seeds"
    assert ax.get_ylim()[1] < 1
