"""Errors must be read where the train loss first reaches a level, also between two epochs."""

import math
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.matched import errors_at, fitted_runs, lowest_loss, matched_table
from tests.support.report.arm_builders import Built, Epoch, make_arm_sweep


def curve(losses: list[float], test: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"train.loss": losses, "train.error": 0.0, "test.error": test})


@pytest.mark.parametrize(
    ("level", "error"),
    [
        (1.0, 0.5),  # the loss at the start
        (3.0, 0.5),  # above the loss at the start: read there, too
        (0.01, 0.1),  # at a measured point
        (0.1, 0.3),  # half way between two points, on a log scale
        (0.001, 0.1),  # at the end, after the loss had risen
    ],
)
def test_a_run_is_read_where_it_first_came_down(level: float, error: float) -> None:
    points = curve([1.0, 0.01, 0.02, 0.001], [0.5, 0.1, 0.4, 0.1])
    assert errors_at(points, [level])["test.error"].iloc[0] == pytest.approx(error)


def test_a_level_that_was_not_reached_has_no_errors() -> None:
    points = curve([1.0, 0.01], [0.5, 0.1])
    errors = errors_at(points, [0.001, 0.01])["test.error"].tolist()
    assert math.isnan(errors[0])
    assert errors[1] == pytest.approx(0.1)


def test_a_loss_of_nothing_is_no_trouble(tmp_path: Path) -> None:
    run: list[Epoch] = [(2.0, 0.9, 0.9, 0.9), (0.0, 0.0, 0.1, 0.2)]
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=[run])})
    fitted = fitted_runs(sweep, find_winners(sweep)["sgd"].rows)[1000]
    assert lowest_loss(fitted) > 0
    assert errors_at(fitted, [0.0])["test.error"].iloc[0] == pytest.approx(0.2)


def test_arms_are_read_at_the_lowest_loss_that_all_runs_reach(tmp_path: Path) -> None:
    """SGD's runs reach losses of 0.01 and 0.04, Adam's 0.0001, so that all are read at 0.04."""
    start = (1.0, 0.9, 0.9, 0.9)
    sgd: list[list[Epoch]] = [
        [start, (0.01, 0.0, 0.1, 0.10)],
        [start, (0.04, 0.1, 0.1, 0.30)],
    ]
    adam: list[list[Epoch]] = [[start, (0.04, 0.0, 0.1, 0.20), (0.0001, 0.0, 0.1, 0.05)]] * 2
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(tuned=sgd), "adam": Built(tuned=adam)})
    table = matched_table(sweep, find_winners(sweep)).set_index("arm")
    assert table["train.loss"].tolist() == [0.04, 0.04]
    assert table["lowest.train.loss"].to_dict() == {"sgd": 0.04, "adam": 0.0001}
    assert table.loc["adam", "test.error"] == pytest.approx(0.20)
    # SGD's first run is ln(1 / 0.04) / ln(1 / 0.01) = 0.69897 of the way from 0.9 to 0.1.
    first = 0.9 - 0.69897 * 0.8
    assert table.loc["sgd", "test.error"] == pytest.approx((first + 0.30) / 2, abs=1e-5)
    # The train errors there are 0.9 - 0.69897 * 0.9 in the first run and 0.1 in the second.
    gap = (first - (0.9 - 0.69897 * 0.9) + 0.2) / 2
    assert table.loc["sgd", "gap"] == pytest.approx(gap, abs=1e-5)


def test_runs_that_diverged_have_no_place(tmp_path: Path) -> None:
    run: list[Epoch] = [(2.0, 0.9, 0.9, 0.9), (0.5, 0.0, 0.1, 0.2)]
    arms = {"sgd": Built(tuned=[run, "diverged"]), "adam": Built(tuned=["diverged", "failed"])}
    sweep = make_arm_sweep(tmp_path, arms)
    table = matched_table(sweep, find_winners(sweep))
    assert table["arm"].tolist() == ["sgd"]
    assert table["n_seeds"].tolist() == [1]
    nothing = make_arm_sweep(tmp_path / "none", {"sgd": Built(tuned=["diverged"])})
    assert matched_table(nothing, find_winners(nothing)).empty
