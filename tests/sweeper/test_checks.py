"""What a sweep refuses before anything trains."""

import dataclasses

import pytest

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Arm
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sweeper.checks import (
    check_arm_names,
    check_axis,
    check_combinations,
    check_examples,
    check_listed,
    check_name,
    check_pruner,
    check_seed,
    check_used,
)
from ffnn_lab.sweeper.grammar import read_assignment
from tests.support.builders import make_run
from tests.support.refusal import refusal


@pytest.mark.parametrize(
    "text",
    [
        *("task.split_seed=0,1,2", "task.subset=100,200", "task.test_subset=100,null"),
        *("task.dev_fraction=0.1,0.2", "task.test_fraction=interval(0.1,0.2)"),
        *("task.target=a,b", "task.kind=classification,regression", "task.missing=mean,drop"),
        *("task.n_test=10,20", "task.n_dev=10,20"),
    ],
)
def test_fields_that_choose_the_examples_are_no_axes(text: str) -> None:
    with pytest.raises(
        ConfigError, match=r"different dev and test sets.*a sweep for each"
    ) as said:
        check_axis(read_assignment(text))
    assert str(said.value).startswith(text)


@pytest.mark.parametrize(
    "text",
    [
        *("task.draw_seed=0,1", "task.n=20,50", "task.p=0.5,0.6", "task.loss=squared,logistic"),
        *("task.scaling=global,none", "task.missing=mean,refuse", "task.split_seed=3"),
    ],
)
def test_what_may_be_an_axis(text: str) -> None:
    assert refusal(check_axis, read_assignment(text)) is None


def test_arms_of_one_data_set_see_the_same_examples() -> None:
    run = make_run()
    other = with_values(run, {"task.split_seed": 1})
    arms = [Arm.of("a", run, (), {}), Arm.of("b", other, (), {})]
    with pytest.raises(ConfigError, match=r"task.split_seed: the arms a \(0\) and b \(1\)"):
        check_examples(arms)
    check_examples([arms[0], dataclasses.replace(arms[0], name="b")])


def test_arms_of_one_name_are_refused() -> None:
    check_arm_names(["a", "b"])
    with pytest.raises(ConfigError, match="two arms are called a"):
        check_arm_names(["a", "b", "a"])


@pytest.mark.parametrize("name", ["default", "größe", "a b", "_x", "7", "a.b", "run-time", "a$b"])
def test_names_that_are_folders(name: str) -> None:
    assert refusal(check_name, name, "hydra.sweeper.name") is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            ".x",
            "-x",
            "~x",
            "a\x00b",
            "a\nb",
            "a ",
            "x" * 201,
        ),
        "run-0123456789ab",
    ],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.name names a folder"):
        check_name(name, "hydra.sweeper.name")


def test_values_that_a_run_refuses_together_are_named() -> None:
    space = {"optimizer.lr": Choice((0.1,)), "dropout.hidden": Choice((0.5, 1.5))}
    with pytest.raises(
        ConfigError, match=r"^optimizer.lr=0.1 dropout.hidden=1.5 do not fit together: .*hidden"
    ):
        check_combinations(make_run(), space)


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        (Choice((1, 2), grows=True), r"only an axis of real numbers can grow"),
        (Choice((0.5, 0.5)), r"a value is named twice in 0.5, 0.5"),
    ],
)
def test_listed_values_that_are_no_axis(axis: Choice, says: str) -> None:
    with pytest.raises(ConfigError, match=f"^key: {says}"):
        check_listed("key", axis)


@pytest.mark.parametrize("seed", [-1, 1000, True, 0.5, "a"])
def test_what_is_no_tuning_seed(seed: object) -> None:
    with pytest.raises(ConfigError, match="seed: tuning takes integers from 0 to 999"):
        check_seed(seed)
    check_seed(999)


def test_an_assignment_that_no_arm_has_is_refused() -> None:
    arms = [Arm.of("a", make_run(), (), {})]
    with pytest.raises(ConfigError, match=r"optimizer.beta1.*; no arm has it \(a\)"):
        check_used([read_assignment("optimizer.beta1=0.5")], arms)
    check_used([read_assignment("optimizer.lr=0.5")], arms)


def test_a_pruner_needs_every_epoch_measured() -> None:
    none = PrunerConfig(name="none", n_startup_trials=1, min_epochs=1, reduction_factor=2)
    median = dataclasses.replace(none, name="median")
    rare = [Arm.of("a", make_run({"trainer.evaluate_every": 2}), (), {})]
    axis = [Arm.of("a", make_run(), (), {"trainer.evaluate_every": Choice((1, 2))})]
    check_pruner(none, rare)
    check_pruner(median, [Arm.of("a", make_run(), (), {})])
    for arms in (rare, axis):
        with pytest.raises(ConfigError, match=r"^trainer.evaluate_every .* with a pruner"):
            check_pruner(median, arms)
