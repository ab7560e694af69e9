"""Figures must show means over replicates or the winners of each, and say so in their titles."""

import math
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.reported import FIGURES
from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

KEYS = ("initializer.gain", "dropout.hidden", "optimizer.lr")
LOWS, HIGHS = [0.10, 0.20], [0.30, 0.40]
"""The lower and the higher score of the two settings in each replicate."""


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    """Make the numbers of two replicates: setting 0 wins in the first, setting 1 in the second."""
    space = {key: {"kind": "choice", "values": [0.2, 0.5]} for key in KEYS}
    settings = [dict.fromkeys(KEYS, value) for value in (0.2, 0.5)]
    replicates = [
        {
            name: Built(
                tuned=all_ended([error, error + 0.02]),
                scores=[low, high][:: 1 - 2 * r],
                settings=settings,
                space=space,
            )
            for name, error in (("sgd", 0.1 + 0.2 * r), ("adam", 0.2 + 0.3 * r))
        }
        for r, (low, high) in enumerate(zip(LOWS, HIGHS, strict=True))
    ]
    return Numbers(make_arm_sweep(tmp_path / "many", replicates[0], others=replicates[1:]))


def drawn(numbers: Numbers, name: str) -> tuple[pd.DataFrame, str]:
    """Return the points of a figure, and all of its titles in one string."""
    points = FIGURES[name].drawn(numbers)
    assert points is not None
    figure = FIGURES[name].figure(points)
    with style.context():
        figure.draw_without_rendering()
    titles = [figure.get_suptitle(), *(ax.get_title() for ax in figure.axes)]
    return points, "; ".join(each for each in titles if each)


def test_learning_curves_are_means_of_replicates(numbers: Numbers) -> None:
    points, title = drawn(numbers, "learning_curves")
    is_end = (points["arm"] == "sgd") & (points["split"] == "test") & (points["epoch"] == 2)
    (row,) = points[is_end].to_dict("records")
    assert row["mean"] == pytest.approx((0.11 + 0.31) / 2)
    assert row["std"] == pytest.approx(0.2 / math.sqrt(2))  # between replicates
    assert (row["n_replicates"], row["n_runs"], row["n_completed"]) == (2, 4, 4)
    assert title.startswith("mean over 2 replicates, shaded: one sample standard deviation betw")


def test_settings_of_all_replicates_are_shown_the_best_of_each_ringed(numbers: Numbers) -> None:
    points, title = drawn(numbers, "error_against_lr")
    sgd = points[points["arm"] == "sgd"]
    assert sgd[["replicate", "score"]].to_numpy().tolist() == [
        [0, 0.1],
        [0, 0.3],
        [1, 0.4],
        [1, 0.2],
    ]
    assert sgd.loc[sgd["is_winner"], "optimizer.lr"].tolist() == [0.2, 0.5]
    assert title == "settings of 2 replicates, the best of each"


def test_cells_are_means_of_the_best_of_each_replicate(numbers: Numbers) -> None:
    points, title = drawn(numbers, "gain_by_optimizer")
    sgd = points[points["series"] == "sgd"]
    assert sgd["score"].tolist() == pytest.approx([(0.1 + 0.4) / 2, (0.3 + 0.2) / 2])
    assert sgd["n_settings"].tolist() == [2, 2]
    assert title == "mean over 2 replicates of the best in each cell, settings in brackets"


def test_best_at_each_rate_and_the_winners_of_each_replicate(numbers: Numbers) -> None:
    points, title = drawn(numbers, "error_against_dropout")
    sgd = points[points["arm"] == "sgd"]
    best = sgd[sgd["shown"] == "best"]
    assert best["score"].tolist() == pytest.approx([0.25, 0.25])
    winners = sgd[sgd["shown"] == "confirmed"]
    assert winners["dropout.hidden"].tolist() == [0.2, 0.5]
    assert winners["score"].tolist() == pytest.approx([0.11, 0.31])
    assert winners["low"].isna().all()
    assert title == (
        "tuning: mean of the best at each rate; best of 2 replicates: means over 2 fresh seeds"
    )


def test_gaps_are_over_replicates_their_course_over_all_seeds(numbers: Numbers) -> None:
    points, title = drawn(numbers, "train_test_gap")
    sgd = points[points["arm"] == "sgd"]
    course = sgd[sgd["shown"] == "course"]
    assert course["n_runs"].unique().tolist() == [4]
    assert course["mean"].iloc[-1] == pytest.approx((0.1 + 0.12 + 0.3 + 0.32) / 4)
    (reported,) = sgd[sgd["shown"] == "reported"].to_dict("records")
    assert reported["mean"] == pytest.approx(0.21)
    assert (reported["low"], reported["high"]) == (-1.0, 1.0)  # 0.21 -+ 12.7 * 0.1, cut
    assert "2 replicates: mean, 95% t interval" in title


def test_differences_and_budgets_say_replicates(numbers: Numbers) -> None:
    points, title = drawn(numbers, "paired_differences")
    assert points["difference"].tolist() == pytest.approx([0.15])
    assert title.startswith("tuned methods, paired over 2 replicates, 95% t intervals")
    points, title = drawn(numbers, "budget_curves")
    assert points["expected"].tolist()[:2] == pytest.approx([0.25, 0.15])
    assert title == "random search; shaded: 95% interval over 2 replicates"


def test_the_runs_behind_a_figure_are_those_of_all_replicates(numbers: Numbers) -> None:
    behind = {
        name: FIGURES[name].behind(numbers) for name in ("learning_curves", "error_against_lr")
    }
    assert {name: len(runs["sgd"]) for name, runs in behind.items()} == {
        "learning_curves": 4,
        "error_against_lr": 4,
    }
