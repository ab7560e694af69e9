"""Plateaus must end where the error crosses its limit, and say if they may go on."""

import math
from pathlib import Path

import pytest

from ffnn_lab.report.measures.plateaus import errors_by_gain, plateau_of, plateaus
from tests.support.report.arm_builders import Built, make_arm_sweep

AXES = {
    "initializer.gain": {"kind": "choice", "values": [0.0, 0.1, 1.0, 10.0]},
    "optimizer.lr": {"kind": "choice", "values": [0.1, 1.0]},
}
SETTINGS = [
    {"initializer.gain": gain, "optimizer.lr": lr}
    for gain in (0.0, 0.1, 1.0, 10.0)
    for lr in (0.1, 1.0)
]


def test_ends_lie_on_the_line_between_two_gains() -> None:
    """The limit is 0.05 + 0.03: a third of the way up to 0.14, and a half of that up to 0.11."""
    found = plateau_of({0.1: 0.14, 1.0: 0.05, 10.0: 0.11, 100.0: 0.9}, margin=0.03)
    assert (found.best, found.lowest, found.is_open) == (1.0, 0.05, False)
    assert math.log10(found.low) == pytest.approx(-1 / 3)
    assert math.log10(found.high) == pytest.approx(0.5)
    assert found.decades == pytest.approx(1 / 3 + 0.5)
    assert found.share == pytest.approx((1 / 3 + 0.5) / 3)


def test_a_plateau_is_connected_and_may_reach_the_last_gain() -> None:
    """The gain 0.01 is as good as the best one, but lies beyond a worse one."""
    found = plateau_of({0.01: 0.05, 0.1: 0.5, 1.0: 0.05, 10.0: 0.06}, margin=0.03)
    assert found.best == 1.0  # of two equal ones the one nearer to 1
    assert found.is_open
    assert found.high == 10.0
    assert 0.1 < found.low < 1.0


def test_gain_zero_has_no_place_and_two_others_are_needed() -> None:
    assert plateau_of({0.0: 0.0, 1.0: 0.5, 10.0: 0.5}).lowest == 0.5
    with pytest.raises(ValueError, match="needs 2 positive gains or more"):
        plateau_of({0.0: 0.0, 1.0: 0.5})


def test_each_gain_has_the_error_of_its_best_learning_rate(tmp_path: Path) -> None:
    scores = [[0.9, 0.8, 0.3, 0.2, 0.1, 0.15, 0.1, 0.4], [0.9] * 8]
    built = Built(
        tuned=["pruned"] * 2, settings=SETTINGS, space=AXES, scores=scores[0], scores_of=scores
    )
    sweep = make_arm_sweep(tmp_path, {"sgd": built}, protocol="grid", n_of_replicate=1)
    errors = errors_by_gain(sweep)
    first = errors[errors["replicate"] == 0]
    assert dict(zip(first["gain"], first["error"], strict=True)) == {
        0.0: 0.8,
        0.1: 0.2,
        1.0: 0.1,
        10.0: 0.1,
    }
    found = plateaus(errors)
    assert found[["replicate", "arm", "best", "is_open"]].to_numpy().tolist() == [
        [0, "sgd", 1.0, True],
        [1, "sgd", 1.0, True],
    ]
    assert found["share"].tolist()[1] == 1.0
