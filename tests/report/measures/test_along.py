"""Settings must be counted at their value on an axis, and the best one at each value be found."""

import math
from pathlib import Path

import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.along import best_by_bin, bins_of, series_of, setting_points
from tests.support.report.arm_builders import Built, make_arm_sweep

KEY = "dropout.hidden"
RATES = {"kind": "choice", "values": [0.0, 0.5]}
RANGE = {"kind": "float", "low": 0.0, "high": 0.5, "log": False}
GAINS = {"kind": "float", "low": 0.25, "high": 4.0, "log": True}


def at(*rates: float) -> list[dict[str, float]]:
    # Learning rates differ, because equal settings would be one run.
    return [{KEY: rate, "optimizer.lr": 0.01 * (i + 1)} for i, rate in enumerate(rates)]


def arm(*rates: float, scores: list[float], space: dict[str, object]) -> Built:
    return Built(scores=scores, settings=at(*rates), space=space)


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    """Make a sweep: SGD tunes the dropout rate, Adam's arms have two fixed rates, RMSProp one."""
    arms = {
        "sgd": arm(0.5, 0.0, 0.5, scores=[0.3, 0.2, 0.1], space={KEY: RATES}),
        "adam_plain": arm(0.0, scores=[0.15], space={}),
        "adam_dropout": arm(0.5, scores=[0.25], space={}),
        "rmsprop": arm(0.2, scores=[0.4], space={}),
    }
    return make_arm_sweep(tmp_path / "mixed", arms)


def test_arms_that_differ_in_what_is_fixed_show_it_together(sweep: Sweep) -> None:
    assert series_of(sweep, KEY) == {"sgd": "sgd", "adam_plain": "adam", "adam_dropout": "adam"}
    assert series_of(sweep, "initializer.gain") == {}


def test_an_axis_of_one_value_shows_nothing(tmp_path: Path) -> None:
    one = {"kind": "choice", "values": [0.5]}
    arms = {"sgd": arm(0.5, 0.5, scores=[0.1, 0.2], space={KEY: one})}
    assert series_of(make_arm_sweep(tmp_path, arms), KEY) == {}


def test_the_best_at_each_value_of_a_list(sweep: Sweep) -> None:
    series = series_of(sweep, KEY)
    points = setting_points(sweep, find_winners(sweep), key=KEY, arms=series)
    points = points.assign(series=points["arm"].map(series).astype(str))
    bins = bins_of(sweep, points[KEY].tolist(), key=KEY, arms=series)
    assert (bins.labels, bins.ends) == (("0", "0.5"), ())
    best = best_by_bin(points, bins, key=KEY).set_index(["series", "bin"])
    assert best["score"].to_dict() == pytest.approx(
        {("sgd", 0): 0.2, ("sgd", 1): 0.1, ("adam", 0): 0.15, ("adam", 1): 0.25}
    )
    assert best["n_settings"].to_dict()["sgd", 1] == 2
    assert best["setting"].to_dict()["sgd", 1] == 2
    assert best["is_winner"].to_dict()["sgd", 1]
    assert not best["is_winner"].to_dict()["sgd", 0]
    assert best["arm"].to_dict()["adam", 1] == "adam_dropout"


@pytest.mark.parametrize(
    ("axis", "ends", "inside"),
    [
        (RANGE, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [(0.0, 0), (0.1, 1), (0.29, 2), (0.5, 4)]),
        # each end is 16 ** (1 / 5) = 1.741 times the end before
        (GAINS, [0.25, 0.43528, 0.75786, 1.31951, 2.2974, 4.0], [(0.26, 0), (1.0, 2), (4.0, 4)]),
    ],
)
def test_a_range_is_cut_into_fifths(
    tmp_path: Path, axis: dict[str, object], ends: list[float], inside: list[tuple[float, int]]
) -> None:
    sweep = make_arm_sweep(tmp_path, {"sgd": Built(space={KEY: axis})})
    bins = bins_of(sweep, [0.25, 0.5], key=KEY, arms=["sgd"])
    assert list(bins.ends) == pytest.approx(ends, abs=1e-4)
    assert [bins.at(value) for value, _ in inside] == [number for _, number in inside]
    assert all(bins.at(place) == number for number, place in enumerate(bins.places))


def test_what_has_no_score_is_not_counted(tmp_path: Path) -> None:
    failed = Built(
        scores=[0.1, 0.1, 0.2],
        settings=at(0.0, 0.5, 0.5),
        tune=["failed", "pruned", "diverged"],
        space={KEY: RATES},
    )
    sweep = make_arm_sweep(tmp_path, {"sgd": failed})
    points = setting_points(sweep, {}, key=KEY, arms=["sgd"]).assign(series="sgd")
    bins = bins_of(sweep, points[KEY].tolist(), key=KEY, arms=["sgd"])
    best = best_by_bin(points, bins, key=KEY)
    assert best["n_settings"].tolist() == [0, 1]
    assert math.isnan(best["score"][0])
    assert best["score"][1] == 0.9  # the diverged setting counts as chance
