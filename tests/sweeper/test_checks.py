"""A sweep with wrong names, values, seeds or pruners is refused before anything trains."""

import dataclasses

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.definition import Arm
from ffnn_lab.protocols.space import Choice
from ffnn_lab.sweeper.checks import (
    check_arm_names,
    check_combinations,
    check_listed,
    check_name,
    check_pruner,
    check_seed,
    check_used,
)
from ffnn_lab.sweeper.grammar import read_assignment
from tests.support.builders import make_run
from tests.support.refusal import refusal


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
