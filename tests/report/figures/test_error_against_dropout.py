"""Scores of tuning and errors on fresh seeds must be drawn at their rates, each in its panel."""

from pathlib import Path

import numpy as np
import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import error_against_dropout
from ffnn_lab.report.figures.looks import registered_looks
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep

KEY = "dropout.hidden"
RATES = {KEY: {"kind": "choice", "values": [0.0, 0.5]}}
RANGE = {KEY: {"kind": "float", "low": 0.0, "high": 0.5, "log": False}}
TWO = [{KEY: 0.0}, {KEY: 0.5}]


@pytest.fixture
def fixed(tmp_path: Path) -> Sweep:
    """Make a sweep in which SGD tunes its rate, and each of Adam's two arms has a fixed rate."""
    arms = {
        "sgd": Built(tuned=all_ended([0.1, 0.12]), scores=[0.1, 0.2], settings=TWO, space=RATES),
        "adam_plain": Built(tuned=all_ended([0.2, 0.2]), settings=TWO[:1], space={}),
        "adam_dropout": Built(scores=[0.3], settings=TWO[1:], space={}),
    }
    return make_arm_sweep(tmp_path / "fixed", arms)


def test_points_say_what_they_are(fixed: Sweep) -> None:
    points = error_against_dropout.points(fixed, find_winners(fixed))
    best = points[points["shown"] == "best"]
    assert best[["series", KEY, "score"]].to_numpy().tolist() == [
        ["sgd", 0.0, 0.1],
        ["sgd", 0.5, 0.2],
        ["adam", 0.0, 0.1],
        ["adam", 0.5, 0.3],
    ]
    assert best["arm"].tolist() == ["sgd", "sgd", "adam_plain", "adam_dropout"]
    confirmed = points[points["shown"] == "confirmed"].set_index("arm")
    assert confirmed["score"].to_dict() == pytest.approx({"sgd": 0.11, "adam_plain": 0.2})
    # Half-width: the quantile of one degree of freedom, 12.706, times 0.01414 / sqrt(2).
    assert confirmed.loc["sgd", "high"] == pytest.approx(0.11 + 0.12706, abs=1e-4)
    assert set(confirmed["split"]) == {"test"}
    assert "setting" not in set(points["shown"])


def test_draws_a_line_for_each_and_one_color_for_an_optimizer(fixed: Sweep) -> None:
    points = error_against_dropout.points(fixed, find_winners(fixed))
    figure = error_against_dropout.figure(points)
    figure.draw_without_rendering()
    tuned, confirmed = figure.axes
    lines = {line.get_label(): line for line in tuned.get_lines() if np.size(line.get_xdata())}
    assert list(lines) == ["sgd", "adam"]
    assert lines["adam"].get_color() == registered_looks()["adam"].color
    # The points of both lines are side by side, a small step apart, at 0 and at 0.5.
    x = np.array([np.asarray(line.get_xdata()) for line in lines.values()])
    assert x.mean(axis=0).tolist() == pytest.approx([0.0, 0.5])
    assert (x[1] - x[0]).tolist() == pytest.approx([error_against_dropout.STEP] * 2)
    assert tuned.get_xlabel() == "dropout.hidden (share of units dropped)"
    assert tuned.get_ylabel() == "dev error (%), mean over seeds"
    assert confirmed.get_ylabel() == "test error (%) of the arms' best"
    assert confirmed.get_title() == "2 fresh seeds: mean, 95% t interval"
    assert len(confirmed.containers) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["sgd", "adam"]


def test_drawn_rates_are_shown_one_by_one(tmp_path: Path) -> None:
    settings = [{KEY: rate} for rate in (0.02, 0.04, 0.48)]
    arms = {"sgd": Built(scores=[0.3, 0.1, 0.2], settings=settings, space=RANGE)}
    sweep = make_arm_sweep(tmp_path, arms)
    points = error_against_dropout.points(sweep, find_winners(sweep))
    drawn, best = (points[points["shown"] == kind] for kind in ("setting", "best"))
    assert drawn[KEY].tolist() == [0.02, 0.04, 0.48]
    # At the middle of the first fifth, the best of two settings; of the last fifth, of one.
    assert best[[KEY, "score", "n"]].to_numpy().tolist() == [
        pytest.approx([0.05, 0.1, 2]),
        pytest.approx([0.45, 0.2, 1]),
    ]
    (ax,) = error_against_dropout.figure(points).axes
    assert ax.get_title() == "tuning: settings, and the best in each fifth"


def test_without_the_axis_there_is_nothing(tmp_path: Path) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(), "adam": Built()})
    assert error_against_dropout.points(sweep, find_winners(sweep)).empty
