"""Conditions of a sweep: how they are written, which mistakes are refused, and their arms."""

import pytest
from hydra.core.config_loader import ConfigLoader

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.across import check_only_there, read_across
from tests.support.refusal import refusal
from tests.sweeper.test_compose import defined


def values_of(**written: object) -> list[dict[str, object]]:
    """Read conditions whose keys have ``__`` in place of a dot; return the values of each."""
    conditions = read_across(
        {key.replace("__", "."): value for key, value in written.items()},
        is_group=lambda key: key == "task",
    )
    return [{each.key: each.value for each in condition} for condition in conditions]


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("20,50,200", [20, 50, 200]),
        ("range(1,4)", [1, 2, 3]),
        ("choice(1,2)", [1, 2]),
        ([0.55, 0.6], [0.55, 0.6]),
        (20, [20]),
        ("full", ["full"]),
        ([1, "full"], [1, "full"]),
        ("[64],[32,32]", [[64], [32, 32]]),
        ([[64], [32, 32]], [[64], [32, 32]]),
        ("null,3", [None, 3]),
    ],
)
def test_values_are_written_as_those_of_an_axis_or_listed(
    written: object, values: list[object]
) -> None:
    assert values_of(a__b=written) == [{"a.b": value} for value in values]


def test_conditions_are_the_product() -> None:
    assert values_of(task="digits,mnist", task__n=[1, 2]) == [
        {"task": "digits", "task.n": 1},
        {"task": "digits", "task.n": 2},
        {"task": "mnist", "task.n": 1},
        {"task": "mnist", "task.n": 2},
    ]


def test_without_any_there_is_one_comparison() -> None:
    assert values_of() == [{}]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("task.n", "interval(1,9)", r"task.n: the values of a condition must be.*\[25, 50\]"),
        ("task.n", "tag(grow,choice(1.0,2.0))", "must be listed, and do not grow"),
        ("task.n", {"center": 1.0, "ratio": 2, "n_points": 3}, "and do not grow"),
        ("task.n", [], "there is no value in"),
        ("task.n", [2, 2], r"a value is named twice in \[2,2\]"),
        ("task.n", "${task.n_dev}", "a condition cannot be interpolated"),
        ("task", [1, 2], "task takes names of its options, got 1"),
        (
            "task.draw_seed",
            [0, 1, 2],
            r"decides which examples are drawn.*write hydra.sweeper.replicates=3 inst",
        ),
        ("task.split_seed", "0,1", r"write hydra.sweeper.replicates=N instead"),
        ("seed", [0, 1], r"list the tuning seeds, as seed=0,1,2"),
        ("device", "cpu,cuda", r"one kind of device; give it one value"),
        ("tracking.mode", "off,online", r"tracking.mode does not affect results"),
        ("paths.outputs", "a,b", r"paths.outputs does not affect results"),
    ],
)
def test_what_is_no_condition(key: str, value: object, says: str) -> None:
    with pytest.raises(ConfigError, match=f"^hydra.sweeper.across: .*{says}"):
        read_across({key: value}, is_group=lambda each: each == "task")


def test_a_table_of_the_user_s_may_be_one() -> None:
    assert values_of(task__path="a.csv,b.csv") == [{"task.path": "a.csv"}, {"task.path": "b.csv"}]


def test_a_condition_is_written_in_one_place() -> None:
    others = [("hydra.sweeper.space", "task.p"), ("task.n=3", "task.n")]
    assert refusal(check_only_there, ["task.loss"], others) is None
    with pytest.raises(ConfigError, match=r"task.n is a condition, and task.n=3 sets it, too"):
        check_only_there(["task.n"], others)


# --- the arms of conditions ---------------------------------------------------------------------

ARMS = "optimizer=sgd,adam"
ACROSS = "hydra.sweeper.across={trainer.batch_size: [32, full], dropout.hidden: '0,0.3'}"


def test_each_condition_has_every_arm(loader: ConfigLoader) -> None:
    definition = defined(loader, ARMS, ACROSS, "optimizer.lr=0.1,0.2")
    assert [arm.name for arm in definition.arms] == [
        f"{arm}@batch_size={size},hidden={rate}"
        for size in ("32", "full")
        for rate in ("0.0", "0.3")
        for arm in ("sgd", "adam")
    ]
    last = definition.arms[-1]
    assert last.condition == {"trainer.batch_size": "full", "dropout.hidden": 0.3}
    assert {"trainer.batch_size=full", "dropout.hidden=0.3"} <= set(last.overrides)
    assert all(set(arm.space) == {"optimizer.lr"} for arm in definition.arms)
    for condition in definition.conditions:
        (sgd, adam) = definition.under(condition).arms
        assert (sgd.name, adam.name) == ("sgd", "adam")
        for key, value in condition.items():
            assert sgd.leaves[key] == adam.leaves[key] == value


def test_a_config_group_may_be_a_condition(loader: ConfigLoader) -> None:
    definition = defined(loader, ARMS, "hydra.sweeper.across={task: [digits, separable]}")
    assert [(arm.name, arm.leaves["task.name"]) for arm in definition.arms] == [
        ("sgd@task=digits", "digits"),
        ("adam@task=digits", "digits"),
        ("sgd@task=separable", "separable"),
        ("adam@task=separable", "separable"),
    ]


def test_contrasts_name_arms_of_every_condition(loader: ConfigLoader) -> None:
    declared = ("hydra.sweeper.contrasts=[[adam,sgd]]", "hydra.sweeper.baseline=sgd")
    definition = defined(loader, ARMS, ACROSS, *declared)
    assert (definition.contrasts, definition.baseline) == ((("adam", "sgd"),), "sgd")
    with pytest.raises(ConfigError, match=r"no arm adam@n=2; the arms are sgd, adam$"):
        defined(loader, ARMS, ACROSS, "hydra.sweeper.contrasts=[['adam@n=2',sgd]]")


@pytest.mark.parametrize(
    ("across", "words", "says"),
    [
        (
            "{trainer.batch_size: [32]}",
            ["trainer.batch_size=16"],
            r"trainer.batch_size=16 sets it",
        ),
        ("{optimizer.lr: [1, 2]}", ["hydra.sweeper.space={optimizer.lr: '3,4'}"], r"\.space sets"),
        ("{optimizer: [sgd]}", [ARMS], r"optimizer is a condition, and optimizer=sgd,adam sets"),
        ("{dropout: [a]}", [ARMS], r"dropout must name a single field"),
        ("{optimizer.eps: [1, 2]}", [ARMS], r"optimizer.eps: there is .* and arm sgd lacks it"),
        ("{task.m: [1, 2]}", [ARMS], r"task.m: there is no such field.* and arm sgd lacks it"),
        ("{trainer.batch_size: [a]}", [ARMS], r"trainer.batch_size must be"),
        ("{dropout.hidden: [1.5]}", [ARMS], r"dropout.hidden must lie in"),
    ],
)
def test_slips_are_refused_before_anything_trains(
    loader: ConfigLoader, across: str, words: list[str], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        defined(loader, "hydra.sweeper.across=" + across, "seed=0,1", *words)


def test_an_arm_that_sets_it_is_named(loader: ConfigLoader) -> None:
    arms = "hydra.sweeper.arms={a: {dropout.hidden: 0.1}}"
    with pytest.raises(ConfigError, match=r"hidden is a condition, and hydra.sweeper.arms.a sets"):
        defined(loader, arms, ACROSS)
