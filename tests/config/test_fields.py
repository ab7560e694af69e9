"""Ranges, dotted names and typed copies of configs."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Union

import pytest

from ffnn_lab.config import ConfigError, RunConfig, leaves, with_values
from ffnn_lab.config.fields import (
    Range,
    any_value,
    check,
    coerce,
    describe,
    is_neutral,
    leaf_fields,
    one_of,
    ranged,
    walk_leaves,
)
from ffnn_lab.initializers.fixed import ConstantConfig
from ffnn_lab.optimizers.adam import AdamConfig
from ffnn_lab.optimizers.heavy_ball import HeavyBallConfig
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run
from tests.support.refusal import refusal


def make_adam() -> RunConfig:
    return make_run(optimizer=OPTIMIZERS["adam"].config)


# --- ranges ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[0, 1)", [0, 0.5, 1 - 1e-12], [-1e-12, 1, 2, math.inf, math.nan]),
        ("(0, 1]", [1e-300, 1], [0, -1, 1.001, math.nan]),
        ("(0, 1)", [0.5], [0, 1, math.nan]),
        ("[1, inf)", [1, 10**9], [0, 0.999, math.inf, math.nan]),
        ("(0, inf)", [5e-324, 1e308], [0, -0.0, math.inf, math.nan]),
        ("(-inf, inf)", [-1e308, 0, 1e308], [math.inf, -math.inf, math.nan]),
    ],
)
def test_range_holds_what_its_text_says(
    text: str, inside: list[float], outside: list[float]
) -> None:
    parsed = Range.parse(text)
    assert all(value in parsed for value in inside)
    assert not any(value in parsed for value in outside)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[0, 1)", "lie in [0, 1)"),
        ("(0, 1]", "lie in (0, 1]"),
        ("[1, inf)", "be at least 1"),
        ("(0, inf)", "be positive"),
        ("(0.5, inf)", "be greater than 0.5"),
    ],
)
def test_range_says_itself_as_a_sentence_needs_it(text: str, sentence: str) -> None:
    assert str(Range.parse(text)) == sentence


@dataclass(kw_only=True)
class Example:
    """A part of some config."""

    rate: float = ranged("[0, 1)")
    widths: list[int] = ranged("[1, inf)")
    limit: Union[float, None] = ranged("(0, inf)")  # noqa: UP007 - as the configs write it
    kind: str = one_of("plain", "fancy")
    note: str


def make_example(**changes: Any) -> Example:  # noqa: ANN401 - fields of the example
    values = {"rate": 0.5, "widths": [3], "limit": 1.0, "kind": "plain", "note": "", **changes}
    return Example(**values)


@pytest.mark.parametrize(
    "changes", [{}, {"widths": []}, {"limit": None}, {"rate": 0}, {"note": "anything"}]
)
def test_check_accepts_what_the_fields_declare(changes: dict[str, Any]) -> None:
    assert refusal(check, make_example(**changes), "part.") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 1.5}, "part.rate must lie in [0, 1), got 1.5"),
        ({"rate": math.nan}, "part.rate must lie in [0, 1), got nan"),
        ({"widths": [8, 0]}, "part.widths must be at least 1, got [8, 0]"),
        ({"limit": -2.0}, "part.limit must be positive, got -2.0"),
        ({"kind": "odd"}, "part.kind must be one of plain, fancy; got odd"),
    ],
)
def test_check_names_the_field_what_was_expected_and_what_came(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check(make_example(**changes), "part.")
    assert str(caught.value) == message


# --- names -----------------------------------------------------------------------------------


def test_leaves_are_named_as_the_yaml_nests_them() -> None:
    flat = leaves(make_adam())
    assert flat["seed"] == 0
    assert flat["optimizer.beta1"] == 0.8
    assert flat["model.widths"] == [9]
    assert flat["trainer.max_norm"] is None
    assert not any(dataclasses.is_dataclass(value) for value in flat.values())


def test_leaf_fields_are_the_leaves_with_their_ranges() -> None:
    declared = {name: metadata for name, _, metadata in leaf_fields(AdamConfig, "optimizer.")}
    flat = leaves(make_adam())
    assert set(declared) == {name for name in flat if name.startswith("optimizer.")}
    assert str(declared["optimizer.beta1"]["range"]) == "lie in [0, 1)"


# --- typed copies ----------------------------------------------------------------------------


def test_with_values_changes_what_it_is_told_and_nothing_else() -> None:
    before = make_adam()
    kept = leaves(before)
    after = with_values(before, {"optimizer.lr": 0.5, "seed": 3, "model.widths": [4, 5]})
    assert leaves(after) == {**kept, "optimizer.lr": 0.5, "seed": 3, "model.widths": [4, 5]}
    assert leaves(before) == kept
    assert type(after.optimizer) is AdamConfig


def test_with_values_shares_no_list_with_the_original() -> None:
    widths = [4, 5]
    config = with_values(make_run(), {"model.widths": widths})
    widths.append(6)
    assert leaves(config)["model.widths"] == [4, 5]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("optimizer.lr", 1, 1.0),
        ("seed", 3.0, 3),
        ("trainer.batch_size", 16, 16),
        ("trainer.batch_size", "full", "full"),
        ("trainer.max_norm", 2, 2.0),
        ("trainer.max_norm", None, None),
        ("model.widths", (7, 8.0), [7, 8]),
        ("model.widths", [], []),
        ("trainer.save_weights", True, True),
        ("model.activation", "tanh", "tanh"),
    ],
)
def test_with_values_types_what_it_is_given(name: str, value: object, expected: object) -> None:
    typed = leaves(with_values(make_run(), {name: value}))[name]
    assert typed == expected
    assert type(typed) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("optimizer.lr", "fast", "optimizer.lr must be a number, got 'fast'"),
        ("optimizer.lr", True, "optimizer.lr must be a number, got True"),
        ("optimizer.lr", None, "optimizer.lr must be a number, got None"),
        ("optimizer.lr", -1, "optimizer.lr must be positive, got -1.0"),
        ("optimizer.lr", 0, "optimizer.lr must be positive, got 0.0"),
        ("seed", 1.5, "seed must be an integer, got 1.5"),
        ("seed", math.inf, "seed must be an integer, got inf"),
        ("seed", False, "seed must be an integer, got False"),
        ("seed", -1, "seed must lie in [0, 9e+18], got -1"),
        ("trainer.save_weights", 1, "trainer.save_weights must be true or false, got 1"),
        ("model.activation", 3, "model.activation must be a word, got 3"),
        (
            "model.activation",
            "swish",
            "model.activation must be one of relu, tanh, sigmoid, gelu; got swish",
        ),
        ("model.widths", 9, "model.widths must be a list of integers, got 9"),
        ("model.widths", [0], "model.widths must be at least 1, got [0]"),
        ("trainer.max_norm", "none", "trainer.max_norm must be a number or null, got 'none'"),
        ("trainer.max_norm", 0, "trainer.max_norm must be positive, got 0.0"),
        (
            "trainer.batch_size",
            1.5,
            "trainer.batch_size must be a positive integer or full, got 1.5",
        ),
        (
            "optimizer",
            "sgd",
            "optimizer must name a single field of the config, such as optimizer.lr",
        ),
        ("seed.x", 1, "seed.x must name a single field of the config, such as optimizer.lr"),
    ],
)
def test_with_values_says_what_is_wrong(name: str, value: object, message: str) -> None:
    config = make_run()
    with pytest.raises(ConfigError) as caught:
        with_values(config, {name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sead", r"^sead: there is no such field; a run \(RunConfig\) has seed, device, task"),
        (
            "optimizer.momentun",
            r"^optimizer\.momentun: there is no such field; optimizer \(HeavyBallConfig\) has "
            r".*momentum",
        ),
        ("optimizer.beta1", r"^optimizer\.beta1: there is no such field"),
    ],
)
def test_with_values_lists_the_fields_there_are(name: str, message: str) -> None:
    config = make_run(optimizer=OPTIMIZERS["heavy_ball"].config)
    assert isinstance(config.optimizer, HeavyBallConfig)
    with pytest.raises(ConfigError, match=message):
        with_values(config, {name: 1})


def test_a_number_within_a_word_is_not_a_number() -> None:
    with pytest.raises(ConfigError, match="value must be a number, got '1e-3'"):
        coerce("1e-3", float, "value")


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int, "an integer"),
        (float | None, "a number or null"),
        (list[float], "a list of numbers"),
        (list[int], "a list of integers"),
        (bool, "true or false"),
    ],
)
def test_describe_names_a_type_for_a_reader_of_yaml(hint: object, words: str) -> None:
    assert describe(hint) == words


def test_a_constant_may_be_negative_but_not_infinite() -> None:
    config = make_run(initializer=ConstantConfig(name="constant", value=-2.0, gain=1.0))
    assert leaves(config)["initializer.value"] == -2.0
    with pytest.raises(ConfigError, match=r"^initializer\.value must .*, got inf$"):
        with_values(config, {"initializer.value": math.inf})


@dataclass(kw_only=True)
class Grown:
    """A part of a config that got three fields after records were first written."""

    old: int
    limit: float | None = ranged("(0, inf)", neutral=None)
    word: str = one_of("none", "some", neutral="none")
    flag: bool = any_value(neutral=False)


def test_a_later_field_declares_the_value_that_changes_nothing() -> None:
    grown = Grown(old=1, limit=None, word="some", flag=False)
    neutral = {key: is_neutral(metadata, value) for key, value, metadata in walk_leaves(grown)}
    assert neutral == {"old": False, "limit": True, "word": False, "flag": True}


def test_a_later_field_keeps_its_range_and_has_no_default() -> None:
    with pytest.raises(ConfigError, match="limit must be positive, got -1"):
        check(Grown(old=1, limit=-1.0, word="none", flag=False), "")
    with pytest.raises(TypeError, match="limit"):
        Grown(old=1, word="none", flag=False)
