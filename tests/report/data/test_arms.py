"""Arms must be comparable by their configs, and the declared contrasts be of comparable arms."""

from typing import Any

import pytest

from ffnn_lab.config import leaves
from ffnn_lab.definition import Arm, Definition, Method, stored_definition
from ffnn_lab.protocols.space import Choice, Interval
from ffnn_lab.report.data.arms import baseline_of, contrasts, of_family, variants
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run
from tests.support.definitions import define_arms, parts
from tests.test_records_of import OLD, SWEEPS

WILSON = ["sgd", "heavy_ball", "adagrad", "rmsprop", "adam"]
LR = "optimizer.lr"
DECAY = "optimizer.weight_decay"


def groups(definition: Definition) -> dict[str, dict[str, str]]:
    return variants({arm.name: arm for arm in definition.arms})


def define(**arms: tuple[str, dict[str, Any], dict[str, Any]]) -> Definition:
    """Define arms, each by its optimizer, the changes to its config, and its axes."""
    return define_arms(
        "sgd",
        arms=tuple(
            Arm(name, (), space, leaves(make_run(changes, optimizer=OPTIMIZERS[optimizer].config)))
            for name, (optimizer, changes, space) in arms.items()
        ),
    )


def test_methods_are_those_that_there_are() -> None:
    """Wilson et al. compare three adaptive methods with SGD and heavy ball."""
    definition = define_arms("sgd")
    assert of_family(definition, "adaptive") == ["adagrad", "rmsprop", "adam"]
    assert of_family(definition, "plain") == ["sgd", "heavy_ball"]


def test_families_are_those_that_the_definition_stores() -> None:
    methods = {"sgd": Method("adaptive"), "adam": Method("plain")}
    definition = define_arms("sgd", "adam", methods=methods)
    assert [str(pair) for pair in contrasts(definition)] == ["sgd - adam"]


def test_each_adaptive_method_is_compared_with_each_plain_one() -> None:
    assert [str(pair) for pair in contrasts(define_arms(*WILSON, "nesterov", "adamw"))] == [
        "adagrad - sgd",
        "rmsprop - sgd",
        "adam - sgd",
        "adagrad - heavy_ball",
        "rmsprop - heavy_ball",
        "adam - heavy_ball",
    ]


def test_variants_are_not_compared_with_one_another() -> None:
    definition = define_arms("sgd_lr", "adam_lr", "sgd_all", "adam_all", "adam_odd", "other")
    assert [str(pair) for pair in contrasts(definition)] == [
        "adam_lr - sgd_lr",
        "adam_all - sgd_all",
    ]
    assert groups(definition)["all"] == {"sgd": "sgd_all", "adam": "adam_all"}


@pytest.mark.parametrize("arms", [["he", "glorot"], ["adagrad", "adam"]])
def test_without_a_plain_method_nothing_is_declared(arms: list[str]) -> None:
    assert contrasts(define_arms(*arms)) == []


def test_arms_of_any_name_are_compared_by_their_configs() -> None:
    definition = define(he=("sgd", {}, {}), glorot=("adam", {}, {}))
    assert [str(pair) for pair in contrasts(definition)] == ["glorot - he"]
    assert groups(definition) == {"he": {"sgd": "he", "adam": "glorot"}}


@pytest.mark.parametrize(
    ("changes", "space", "is_comparable"),
    [
        ({}, {}, True),
        ({LR: 7.0}, {}, True),
        ({}, {LR: Choice((1.0, 2.0))}, True),
        ({"optimizer.eps": 0.1}, {"optimizer.eps": Choice((1.0, 2.0))}, True),
        ({"tracking.mode": "offline"}, {}, True),  # changes no result
        ({DECAY: 0.1}, {}, False),
        ({}, {DECAY: Choice((0.1, 0.2))}, False),
        ({"optimizer.decay": "decoupled"}, {}, True),  # without decay, no difference
        ({"initializer.gain": 2.0}, {}, False),
        ({}, {"initializer.gain": Choice((1.0, 2.0))}, False),
    ],
)
def test_arms_are_comparable_that_differ_in_the_optimizer_alone(
    changes: dict[str, Any], space: dict[str, Any], *, is_comparable: bool
) -> None:
    definition = define(sgd=("sgd", {}, {}), adam=("adam", changes, space))
    assert bool(contrasts(definition)) == is_comparable


def test_ranges_of_a_decay_that_both_tune_may_differ() -> None:
    definition = define(
        sgd=("sgd", {}, {DECAY: Interval(0.0, 0.1, log=False)}),
        adam=("adam", {}, {DECAY: Interval(0.0, 1.0, log=False)}),
    )
    assert len(contrasts(definition)) == 1


def test_names_tell_apart_arms_that_are_otherwise_alike() -> None:
    """SGD has no eps, so that ``sgd_lr`` and ``sgd_eps`` differ in their names alone."""
    eps = {"optimizer.eps": Choice((0.1, 1.0))}
    definition = define(
        sgd_lr=("sgd", {}, {}),
        adam_lr=("adam", {}, {}),
        sgd_eps=("sgd", {}, {}),
        adam_eps=("adam", {}, eps),
        extra=("adam", {}, {}),
    )
    assert [str(pair) for pair in contrasts(definition)] == [
        "adam_lr - sgd_lr",
        "adam_eps - sgd_eps",
    ]
    assert groups(definition)["extra"] == {"adam": "extra"}


def test_a_name_that_is_taken_stands_for_one_group() -> None:
    """The names of both arms have no variant, but the arms are not comparable.

    So the second group is named after its arm.
    """
    definition = define(sgd=("sgd", {}, {}), adam=("adam", {"initializer.gain": 2.0}, {}))
    assert groups(definition) == {"": {"sgd": "sgd"}, "adam": {"adam": "adam"}}


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        (WILSON, ["sgd"] * 5),
        (["adam", "heavy_ball", "sgd"], ["sgd"] * 3),
        (["adam", "heavy_ball"], ["heavy_ball"] * 2),
        (["he", "glorot"], ["he", "he"]),
        (["adam", "rmsprop"], ["adam", "adam"]),
        (["he", "sgd"], ["sgd", "sgd"]),
        (
            ["heavy_ball_coupled", "heavy_ball_decoupled", "adam_coupled", "adam_decoupled"],
            [
                *("heavy_ball_coupled", "heavy_ball_coupled"),
                *("heavy_ball_coupled", "heavy_ball_decoupled"),
            ],
        ),
        (["sgd_lr", "adam_lr", "sgd_all", "adam_odd"], ["sgd_lr"] * 4),
    ],
)
def test_the_baseline_is_plain_and_of_the_variant(arms: list[str], expected: list[str]) -> None:
    definition = define_arms(*arms)
    assert [baseline_of(arm, definition) for arm in arms] == expected


def test_what_a_sweep_declares_comes_first() -> None:
    definition = define_arms(
        *("sgd", "adam", "he"), baseline="he", contrasts=(("adam", "he"), ("sgd", "he"))
    )
    assert [str(pair) for pair in contrasts(definition)] == ["adam - he", "sgd - he"]
    assert [baseline_of(arm.name, definition) for arm in definition.arms] == ["he"] * 3


# --- contrasts by names, as in earlier versions --------------------------------------------------


def by_names(arms: list[str]) -> tuple[list[str], list[str]]:
    """Return the contrasts and baselines of commit 9b2446f, derived from the arms' names alone."""
    found: dict[str, dict[str, str]] = {}
    for arm in arms:
        optimizer, variant = parts(arm)
        if optimizer:
            found.setdefault(variant, {})[optimizer] = arm
    plain = {
        v: next((o[p] for p in ("sgd", "heavy_ball") if p in o), "") for v, o in found.items()
    }
    first = next((each for each in plain.values() if each), arms[0])
    pairs = [
        f"{arm} - {of[base]}"
        for of in found.values()
        for base in ("sgd", "heavy_ball")
        if base in of
        for optimizer, arm in of.items()
        if optimizer in ("adagrad", "rmsprop", "adam")
    ]
    owns = {arm: plain[parts(arm)[1]] if parts(arm)[0] else "" for arm in arms}
    return pairs, [owns[arm] if owns[arm] not in ("", arm) else first for arm in arms]


def by_configs(definition: Definition) -> tuple[list[str], list[str]]:
    names = [arm.name for arm in definition.arms]
    pairs = [str(pair) for pair in contrasts(definition)]
    return pairs, [baseline_of(name, definition) for name in names]


@pytest.mark.parametrize("name", SWEEPS)
def test_records_of_earlier_versions_keep_their_baselines(name: str) -> None:
    """Contrasts stay the same, too, unless names and configs of arms disagree.

    The optimizer of the arm ``wild`` is heavy ball, which its name does not show. In the separable
    sweep the adaptive arms have another schedule than the plain arms, so that they differ in more
    than the optimizer.
    """
    definition = stored_definition(OLD / name)
    pairs, baselines = by_names([arm.name for arm in definition.arms])
    expected = {"mixed": [*pairs, "adam - wild"], "separable-30b585": []}.get(name, pairs)
    assert by_configs(definition) == (expected, baselines)


def test_how_no_decay_is_coupled_makes_no_difference() -> None:
    """Adam with decoupled decay, run without any decay, is comparable with SGD without decay."""
    decoupled = {"optimizer.decay": "decoupled"}
    definition = define(
        sgd=("sgd", {DECAY: 0.0}, {}),
        adam=("adam", decoupled | {DECAY: 0.0}, {}),
        adam_decayed=("adam", decoupled | {DECAY: 0.1}, {}),
    )
    assert groups(definition)[""] == {"sgd": "sgd", "adam": "adam"}
    assert [str(each) for each in contrasts(definition)] == ["adam - sgd"]
