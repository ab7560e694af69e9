"""Gaps must be read at equal train losses, down to the lowest that all runs of an arm reached."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.figures import train_test_gap
from ffnn_lab.report.measures.numbers import Numbers
from tests.support.report.arm_builders import Built, Epoch, make_arm_sweep

START = (1.0, 0.9, 0.9, 0.9)
SGD: list[Epoch] = [START, (0.1, 0.1, 0.1, 0.2)]
ADAM: list[Epoch] = [START, (0.01, 0.0, 0.1, 0.3)]


def points_of(sweep: Sweep) -> pd.DataFrame:
    numbers = Numbers(sweep)
    return train_test_gap.points(numbers.fitted, arms=numbers.arms, matched=numbers.matched)


def test_points_go_from_the_start_to_what_all_runs_reached(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=[SGD] * 2), "adam": Built(tuned=[ADAM, SGD])}
    sweep = make_arm_sweep(tmp_path, arms)
    points = points_of(sweep)
    points = points[points["shown"] == "course"]
    for arm in ("sgd", "adam"):
        rows = points[points["arm"] == arm]
        losses = rows["train.loss"].to_numpy()
        assert (losses[0], losses[-1]) == (1.0, 0.1)
        assert len(rows) == train_test_gap.N_LEVELS
        assert rows["mean"].notna().all()
    # At a loss of 0.1 SGD's gap is 0.2 - 0.1. Adam's first run is half way from 0 to 0.3 there,
    # and its second run is the same as SGD's.
    ends = points[points["train.loss"] == 0.1].set_index("arm")["mean"]
    assert ends.to_dict() == pytest.approx({"sgd": 0.1, "adam": (0.15 + 0.1) / 2})
    assert points["is_reached_by_all"].all()


def test_draws_training_from_left_to_right(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=[SGD] * 2), "adam": Built(tuned=[ADAM] * 2)}
    sweep = make_arm_sweep(tmp_path, arms)
    points = points_of(sweep)
    ax = train_test_gap.draw(points[points["shown"] == "course"], Figure().subplots())
    left, right = ax.get_xlim()
    assert left > right
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "train loss (nats), going down to the right"
    assert ax.get_ylabel() == "test error - train error\n(percentage points)"
    *arms_drawn, matched = ax.get_lines()
    assert [line.get_label() for line in arms_drawn] == ["sgd", "adam"]
    assert np.asarray(matched.get_xdata()).tolist() == [0.1, 0.1]


def test_without_a_run_that_completed_there_is_nothing(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=["diverged"])})
    assert points_of(sweep).empty


def test_where_arms_fit_alike_and_as_reported(tmp_path: Path) -> None:
    """At a loss of 0.1 Adam is half way to its end: its gap there is 0.15, not 0.3."""
    arms = {"sgd": Built(tuned=[SGD] * 2), "adam": Built(tuned=[ADAM] * 2)}
    points = points_of(make_arm_sweep(tmp_path, arms))
    means = points[points["shown"] != "course"].set_index(["shown", "arm"])["mean"]
    assert means.to_dict() == pytest.approx(
        {
            ("matched", "sgd"): 0.1,
            ("matched", "adam"): 0.15,
            ("reported", "sgd"): 0.1,
            ("reported", "adam"): 0.3,
        }
    )
    figure = train_test_gap.figure(points)
    figure.draw_without_rendering()
    course, moments = figure.axes
    assert course.get_ylim() == moments.get_ylim()
    assert len(moments.containers) == 4
    labels = [label.get_text() for label in moments.get_xticklabels()]
    assert labels == ["at equal\ntrain loss", "as reported"]
    assert moments.get_title() == "2 seeds: mean, 95% t interval"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sgd", "adam"]


def test_a_run_that_diverged_counts_as_reported_alone(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=[SGD, "diverged"])})
    points = points_of(sweep)
    at = points[points["shown"] != "course"].set_index("shown")
    assert at["n_runs"].to_dict() == {"matched": 1, "reported": 2}
    assert at["mean"].to_dict() == pytest.approx({"matched": 0.1, "reported": 0.05})
    figure = train_test_gap.figure(points)
    assert figure.axes[1].get_title() == "1 to 2 seeds: mean, 95% t interval"
