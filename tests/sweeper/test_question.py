"""A sweep that would compare runs on different examples is refused, and told what to write."""

import dataclasses
import shlex

import pytest

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.definition import Arm
from ffnn_lab.sweeper.across import read_across
from ffnn_lab.sweeper.grammar import parse, read_assignment
from ffnn_lab.sweeper.question import check_examples, check_moves_no_examples, check_one_task
from tests.catalog import TASKS
from tests.support.builders import make_run, with_parts
from tests.support.refusal import refusal

QUESTIONS = [
    *("task.n=20,50", "task.p=0.55,0.6", "task.subset=100,200", "task.test_subset=100,null"),
    *("task.dev_fraction=0.1,0.2", "task.n_test=10,20", "task.n_dev=10,20", "task.test_seed=0,1"),
    *("task.target=a,b", "task.kind=classification,regression", "task.missing=mean,drop"),
    "task.path=a.csv,b.csv",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_fields_that_define_the_question_are_conditions(text: str) -> None:
    """The replacement that the message proposes must be read as the same values."""
    assignment = read_assignment(text)
    with pytest.raises(ConfigError, match=r"changes the examples.*different dev and test") as said:
        check_moves_no_examples(assignment)
    assert str(said.value).startswith(text)
    (pasted,) = [
        word for word in shlex.split(str(said.value).replace(", or", " ")) if "={" in word
    ]
    written = parse(pasted).value()
    assert isinstance(written, dict)
    conditions = read_across(written, is_group=lambda _: False)
    assert [each.value for (each,) in conditions] == list(assignment.choices)


def test_an_interval_is_refused_likewise() -> None:
    with pytest.raises(
        ConfigError, match=r"'hydra.sweeper.across=\{task.p: \[\.\.\., \.\.\.\]\}'"
    ):
        check_moves_no_examples(read_assignment("task.p=interval(0.1,0.9)"))


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("task.draw_seed=range(0,20)", "20"),
        ("task.split_seed=0,1,2", "3"),
        ("task.split_seed=interval(0,9)", "N"),
    ],
)
def test_draws_are_replicates(text: str, n: str) -> None:
    with pytest.raises(ConfigError, match=f"which examples are.*hydra.sweeper.replicates={n},"):
        check_moves_no_examples(read_assignment(text))


@pytest.mark.parametrize(
    "text",
    [
        *("task.loss=squared,logistic", "task.scaling=global,none", "task.missing=mean,refuse"),
        *("task.split_seed=3", "task.n=20", "optimizer.lr=0.1,0.2"),
    ],
)
def test_what_may_be_an_axis(text: str) -> None:
    assert refusal(check_moves_no_examples, read_assignment(text)) is None


def test_tasks_are_conditions() -> None:
    assert refusal(check_one_task, read_assignment("task=digits")) is None
    assert refusal(check_one_task, read_assignment("optimizer=sgd,adam")) is None
    with pytest.raises(ConfigError, match=r"'hydra.sweeper.across=\{task: \[digits, mnist\]\}'"):
        check_one_task(read_assignment("task=digits,mnist"))


def test_arms_see_the_same_examples() -> None:
    run = make_run()
    arms = [
        Arm.of("a", run, (), {}),
        Arm.of("b", with_values(run, {"task.split_seed": 1}), (), {}),
    ]
    with pytest.raises(
        ConfigError, match=r"split_seed: the arms a \(0\) and b \(1\).*replicates=2"
    ):
        check_examples(arms)
    check_examples([arms[0], dataclasses.replace(arms[0], name="b")])
    scaled = with_values(run, {"task.scaling": "none"})
    check_examples([arms[0], Arm.of("b", scaled, (), {})])


def test_arms_of_several_tasks_are_refused() -> None:
    arms = [
        Arm.of(name, with_parts(make_run(), task=TASKS[name].config), (), {})
        for name in ("digits", "separable")
    ]
    with pytest.raises(
        ConfigError,
        match=r"^task: the arms digits \(digits\) and separable .*across=\{task: \[dig",
    ):
        check_examples(arms)


def test_conditions_may_differ_in_the_question() -> None:
    run = with_parts(make_run(), task=TASKS["separable"].config)
    arms = [
        Arm.of(name, with_values(run, {"task.n": n}), (), {}, {"task.n": n})
        for n in (20, 50)
        for name in ("a", "b")
    ]
    check_examples(arms)
    alone = [dataclasses.replace(arm, condition={}, base_name="") for arm in arms]
    with pytest.raises(ConfigError, match=r"task.n: the arms a@n=20 \(20\) and a@n=50 \(50\)"):
        check_examples(alone)
