"""The lines of a run in trouble say which layer, since when, and what to change."""

from collections.abc import Sequence

import pandas as pd
import pytest

from ffnn_lab.records import LAYER_STATISTICS, LayerPoint
from ffnn_lab.troubles import points_of, told, told_by_run, troubles

HEALTHY = {"difference": 0.5, "dead": 0.1, "active.std": 1.0}


def points(*statistics: dict[str, float], first: int = 0, layer: int = 1) -> list[LayerPoint]:
    """Return diagnoses of one layer of 64 units, one for each epoch."""
    return [
        LayerPoint(first + n, 10 * (first + n), layer, "0", 64, each)
        for n, each in enumerate(statistics)
    ]


def lines(found: Sequence[LayerPoint]) -> list[str]:
    return [each.text for each in troubles(found)]


def test_a_healthy_run_has_no_trouble() -> None:
    assert lines(points(HEALTHY, HEALTHY)) == []
    assert lines([]) == []
    assert told(points(HEALTHY), train_error=0.1, chance_error=0.9) == []


def test_dead_units_are_counted_and_dated() -> None:
    dead = {**HEALTHY, "dead": 1.0}
    assert lines(points(dead, dead)) == [
        "layer 1: all 64 units are dead since epoch 0, for no train example makes them positive: "
        "start with other weights or biases (initializer, bias_initializer)"
    ]
    half = {**HEALTHY, "dead": 0.5}
    assert lines(points(HEALTHY, dead, HEALTHY, half, dead, half)) == [
        "layer 1: 32 of 64 units are dead since epoch 3, for no train example makes them "
        "positive: take a smaller optimizer.lr"
    ]


def test_what_has_passed_is_no_trouble() -> None:
    assert lines(points({**HEALTHY, "dead": 1.0}, HEALTHY)) == []


@pytest.mark.parametrize(("share", "is_told"), [(0.4999, False), (0.5, True), (0.87, True)])
def test_saturation_counts_from_a_half_on(share: float, *, is_told: bool) -> None:
    found = lines(points({"difference": 1.0, "saturated": share}, layer=2))
    assert bool(found) == is_told
    if is_told:
        assert found == [
            f"layer 2: {100 * share:.0f} % of its activations are saturated since epoch 0: start "
            "with smaller weights (initializer.gain)"
        ]


def test_saturation_that_came_in_training_has_another_remedy() -> None:
    healthy, saturated = {"saturated": 0.1}, {"saturated": 0.9}
    (line,) = lines(points(healthy, saturated))
    assert line == (
        "layer 1: 90 % of its activations are saturated since epoch 1: take a smaller "
        "optimizer.lr, or some optimizer.weight_decay"
    )


def test_a_diagnosis_of_the_end_alone_does_not_say_since_when() -> None:
    (line,) = lines(points({"dead": 1.0, "difference": 0.1}, first=30))
    assert line == (
        "layer 1: all 64 units are dead at epoch 30, for no train example makes them positive: "
        "take a smaller optimizer.lr, or start with other weights (initializer)"
    )


def test_equal_units_are_the_first_thing_to_mend() -> None:
    """Zeros make units dead as well; the weights that must be drawn are the reason."""
    assert lines(points({"difference": 0.0, "dead": 1.0})) == [
        "layer 1: all 64 units are equal since epoch 0, so that they compute and learn the same: "
        "draw their weights at random (initializer=he_normal)"
    ]


def test_layers_are_told_in_their_order() -> None:
    dead = {"dead": 1.0}
    found = [*points(dead, dead, layer=3), *points(HEALTHY, HEALTHY, layer=2), *points(dead)]
    assert [each.layer for each in troubles(found)] == [1, 3]


def test_a_run_that_learned_nothing_for_another_reason_is_told_so() -> None:
    assert told(points(HEALTHY), train_error=0.87, chance_error=0.9) == [
        "no layer is dead or saturated, but the train error is near that of a constant answer: "
        "take another optimizer.lr, or more epochs (trainer.max_epochs)"
    ]


def test_troubles_are_read_from_the_tables() -> None:
    rows = [
        {"run_id": run, "epoch": 0, "step": 0, "layer": 1, "module": "0", "n_units": 64}
        | dict.fromkeys(LAYER_STATISTICS, float("nan"))
        | {"dead": dead}
        for run, dead in (("a", 1.0), ("b", 0.0), ("c", 1.0))
    ]
    layers = pd.DataFrame(rows)
    assert points_of(layers)["b"] == [LayerPoint(0, 0, 1, "0", 64, {"dead": 0.0})]
    runs = pd.DataFrame(
        {
            "run_id": ["a", "b", "c", "d"],
            "status": ["completed", "completed", "diverged", "completed"],
            "last.train.error": [0.5, 0.1, float("nan"), 0.1],
            "chance_error": 0.9,
        }
    )
    found = told_by_run(runs, layers)
    assert list(found) == ["a"]
    assert found["a"][0].startswith("layer 1: all 64 units are dead")
