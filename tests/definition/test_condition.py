"""Conditions in a definition: names, storage, and the definition under a single condition."""

import dataclasses
import json
from pathlib import Path

import pytest

from ffnn_lab.config import with_values
from ffnn_lab.definition import (
    REPLICATE_SHIFT,
    Arm,
    Condition,
    Definition,
    essence,
    label_of,
    short_names,
    stored_definition,
    write_definition,
)
from ffnn_lab.definition.condition import name_under
from ffnn_lab.tasks.separable import SeparableConfig
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run, with_parts
from tests.support.sweeps import make_definition

SEPARABLE = SeparableConfig(
    name="separable", loss="squared", n=20, p=0.6, n_dev=5, n_test=5, draw_seed=0
)
CONDITIONS: tuple[Condition, ...] = ({"trainer.batch_size": 32}, {"trainer.batch_size": "full"})


def conditioned() -> Definition:
    """Return a definition of two arms under two conditions, ordered by condition."""
    base = make_definition("grid")
    arms = [
        Arm.of(
            arm.name,
            with_values(arm.config, dict(condition)),
            (*arm.overrides, f"trainer.batch_size={condition['trainer.batch_size']}"),
            arm.space,
            condition,
        )
        for condition in CONDITIONS
        for arm in base.arms
    ]
    return dataclasses.replace(base, arms=tuple(arms), contrasts=(("adam", "sgd"),))


@pytest.mark.parametrize(
    ("condition", "label"),
    [
        ({}, ""),
        ({"task.n": 25, "task.p": 0.6}, "n=25,p=0.6"),
        ({"trainer.batch_size": "full", "task": "digits"}, "batch_size=full,task=digits"),
        (
            {"initializer.std": 1e-8, "bias_initializer.std": None},
            "initializer.std=1e-08,bias_initializer.std=null",
        ),
        ({"model.widths": [64, 32], "model.bias": True}, "widths=[64,32],bias=true"),
    ],
)
def test_the_name_of_a_condition(condition: Condition, label: str) -> None:
    assert label_of(condition) == label
    assert name_under("adam", condition) == (f"adam@{label}" if label else "adam")


def test_names_are_as_short_as_tells_them_apart() -> None:
    names = ["a.b.lr", "c.b.lr", "b.n", "task"]
    assert short_names(names) == {
        "a.b.lr": "a.b.lr",
        "c.b.lr": "c.b.lr",
        "b.n": "n",
        "task": "task",
    }


def test_an_arm_has_a_full_name_and_a_base() -> None:
    definition = conditioned()
    assert [arm.name for arm in definition.arms] == [
        *("sgd@batch_size=32", "adam@batch_size=32"),
        *("sgd@batch_size=full", "adam@batch_size=full"),
    ]
    assert [arm.base for arm in definition.arms] == ["sgd", "adam"] * 2
    assert definition.conditions == CONDITIONS
    names = {definition.study_name(arm) for arm in definition.arms}
    assert len(names) == len(definition.arms)


def test_under_a_condition_is_the_sweep_that_has_no_other() -> None:
    definition, base = conditioned(), make_definition("grid")
    for condition in CONDITIONS:
        under = definition.under(condition)
        assert under.conditions == ()
        assert (under.condition, under.n_conditions) == (condition, 2)
        assert [arm.name for arm in under.arms] == ["sgd", "adam"]
        for arm, of_whole in zip(under.arms, base.arms, strict=True):
            assert arm.config == with_values(of_whole.config, dict(condition))
    # Proposals do not depend on conditions: each arm has those of a sweep without conditions.
    whole = [definition.search_of(arm).arm for arm in definition.arms]
    assert whole == ["sgd", "adam"] * 2


def test_it_is_stored_and_read_again(tmp_path: Path) -> None:
    definition = conditioned()
    write_definition(tmp_path, definition)
    assert stored_definition(tmp_path, is_whole=True) == definition
    contents = json.loads((tmp_path / "definition.json").read_text())
    assert contents["arms"]["adam@batch_size=full"]["condition"] == {"trainer.batch_size": "full"}
    assert contents["arms"]["adam@batch_size=full"]["base"] == "adam"


def test_a_definition_without_conditions_is_stored_as_before(tmp_path: Path) -> None:
    write_definition(tmp_path, make_definition())
    contents = json.loads((tmp_path / "definition.json").read_text())
    assert all(set(arm) == {"overrides", "space", "config"} for arm in contents["arms"].values())
    read = stored_definition(tmp_path, is_whole=True)
    assert (read.conditions, read.condition, read.n_conditions) == ((), {}, 1)
    assert [arm.base for arm in read.arms] == ["sgd", "adam"]


def test_a_condition_is_a_part_of_what_was_asked() -> None:
    """Arms with the same names but without conditions are ranked together: another sweep."""
    definition = conditioned()
    alone = [dataclasses.replace(arm, condition={}, base_name="") for arm in definition.arms]
    assert essence(definition) != essence(dataclasses.replace(definition, arms=tuple(alone)))
    assert all("condition" not in arm for arm in essence(make_definition())["arms"].values())


def test_a_replicate_draws_anew_under_every_condition() -> None:
    """The split seed moves with the replicate, and the condition stays."""
    definition = dataclasses.replace(conditioned(), n_replicates=3)
    second = definition.of_replicate(2)
    assert [arm.name for arm in second.arms] == [arm.name for arm in definition.arms]
    assert second.conditions == CONDITIONS
    shift = 2 * REPLICATE_SHIFT
    for arm, before in zip(second.arms, definition.arms, strict=True):
        key = "task.split_seed"
        assert arm.leaves[key] == before.leaves[key] + shift
        assert arm.leaves["trainer.batch_size"] == arm.condition["trainer.batch_size"]
    assert second.under(CONDITIONS[1]).arms == definition.under(CONDITIONS[1]).of_replicate(2).arms


def test_the_draw_of_the_separable_problem_is_a_replicate_s() -> None:
    run = with_parts(make_run(optimizer=OPTIMIZERS["sgd"].config), task=SEPARABLE)
    arms = tuple(
        Arm.of("sgd", with_values(run, {"task.n": n}), (), {}, {"task.n": n}) for n in (20, 50)
    )
    definition = dataclasses.replace(make_definition("grid"), arms=arms, n_replicates=2)
    later = definition.of_replicate(1)
    draws = [(arm.leaves["task.n"], arm.leaves["task.draw_seed"]) for arm in later.arms]
    assert draws == [(20, REPLICATE_SHIFT), (50, REPLICATE_SHIFT)]
    assert all("task.draw_seed=10000" in arm.overrides for arm in later.arms)
