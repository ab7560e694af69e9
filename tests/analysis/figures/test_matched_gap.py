"""Gaps must be read at equal train losses, as far down as all of an arm's runs went."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.figures import matched_gap
from analysis.winners import find_winners
from tests.analysis.arm_builders import Built, Epoch, make_arm_sweep

START = (1.0, 0.9, 0.9, 0.9)
SGD: list[Epoch] = [START, (0.1, 0.1, 0.1, 0.2)]
ADAM: list[Epoch] = [START, (0.01, 0.0, 0.1, 0.3)]


def test_points_go_from_the_start_to_what_all_runs_reached(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=[SGD] * 2), "adam": Built(tuned=[ADAM, SGD])}
    sweep = make_arm_sweep(tmp_path, arms)
    points = matched_gap.points(sweep, find_winners(sweep))
    for arm in ("sgd", "adam"):
        rows = points[points["arm"] == arm]
        losses = rows["train.loss"].to_numpy()
        assert (losses[0], losses[-1]) == (1.0, 0.1)
        assert len(rows) == matched_gap.N_LEVELS
        assert rows["mean"].notna().all()
    # At 0.1: SGD 0.2 - 0.1; of Adam's runs one is half way from 0 to 0.3, the other as SGD's.
    ends = points[points["train.loss"] == 0.1].set_index("arm")["mean"]
    assert ends.to_dict() == pytest.approx({"sgd": 0.1, "adam": (0.15 + 0.1) / 2})
    assert points["is_reached_by_all"].all()


def test_draws_training_from_left_to_right(tmp_path: Path) -> None:
    arms = {"sgd": Built(tuned=[SGD] * 2), "adam": Built(tuned=[ADAM] * 2)}
    sweep = make_arm_sweep(tmp_path, arms)
    ax = matched_gap.draw(matched_gap.points(sweep, find_winners(sweep)), Figure().subplots())
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
    assert matched_gap.points(sweep, find_winners(sweep)).empty
