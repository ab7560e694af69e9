"""Definitions survive JSON, and `differences` lists the fields in which two definitions differ."""

import dataclasses
import json

import pytest

from ffnn_lab.config import ConfigError, from_leaves, leaves
from ffnn_lab.definition import Arm, Definition, differences, short_hash
from ffnn_lab.definition.stored import from_json, to_json
from ffnn_lab.protocols.space import Choice, Interval, Space
from tests.catalog import INITIALIZERS, OPTIMIZERS, SCHEDULES
from tests.support.builders import make_run
from tests.support.definitions import OBJECTIVE, PROTOCOL, changed


def make_definition(**changes: object) -> Definition:
    space: Space = {
        "optimizer.lr": Interval(0.01, 1.0, log=True),
        "model.widths": Choice(([64], [8, 8])),
        "trainer.max_epochs": Interval(1, 3, log=False, is_int=True),
    }
    definition = Definition(
        name="x",
        command="python -m ffnn_lab.run -m",
        arms=(Arm.of("sgd", make_run(), ("optimizer=sgd",), space),),
        protocol=PROTOCOL,
        objective=OBJECTIVE,
        tune_seeds=(0, 1),
        confirm_seeds=(1000,),
        pruner=None,
        population_size=8,
    )
    return changed(definition, **changes)


def test_json_gives_back_the_same_definition() -> None:
    definition = make_definition()
    assert from_json(json.loads(json.dumps(to_json(definition)))) == definition


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_leaves_give_back_the_same_run(name: str) -> None:
    config = make_run(optimizer=OPTIMIZERS[name].config)
    assert from_leaves(json.loads(json.dumps(leaves(config)))) == config


@pytest.mark.parametrize("name", INITIALIZERS)
def test_leaves_give_back_the_same_initializer(name: str) -> None:
    config = make_run(initializer=INITIALIZERS[name].config)
    assert from_leaves(leaves(config)) == config


@pytest.mark.parametrize("name", SCHEDULES)
def test_leaves_give_back_the_same_schedule(name: str) -> None:
    config = make_run(schedule=SCHEDULES[name].config)
    assert from_leaves(leaves(config)) == config


def test_a_stored_config_of_another_version_is_refused() -> None:
    flat = leaves(make_run())
    del flat["optimizer.lr"]
    with pytest.raises(ConfigError, match=r"does not fit this version .* optimizer\.lr"):
        from_leaves(flat)


def test_what_moves_no_result_makes_no_difference() -> None:
    one = make_definition()
    other = make_definition(command="another", population_size=64)
    assert differences(one, other) == []
    assert short_hash(one) == short_hash(other)


def test_differences_show_both_sides() -> None:
    asked = make_definition(n_settings=8)
    assert differences(make_definition(), asked) == [
        "- protocol.n_settings: 4",
        "+ protocol.n_settings: 8",
    ]


def test_a_changed_axis_is_a_difference() -> None:
    arm = make_definition().arms[0]
    space = {**arm.space, "optimizer.lr": Interval(0.01, 2.0, log=True)}
    asked = make_definition(arms=(dataclasses.replace(arm, space=space),))
    changed = differences(make_definition(), asked)
    assert len(changed) == 2
    assert all("arms.sgd.space.optimizer.lr" in line for line in changed)
