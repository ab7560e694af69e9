"""Names must say optimizer and variant, and the declared contrasts be those and no others."""

import pytest

from ffnn_lab.optimizers import OPTIMIZERS
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN, baseline_of, contrasts, parts, variants

WILSON = ["sgd", "heavy_ball", "adagrad", "rmsprop", "adam"]


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        ("adam", ("adam", "")),
        ("adam_coupled", ("adam", "coupled")),
        ("heavy_ball", ("heavy_ball", "")),
        ("heavy_ball_lr_eps", ("heavy_ball", "lr_eps")),
        ("adamw", ("adamw", "")),
        ("adamw_lr", ("adamw", "lr")),
        ("adamant", ("", "adamant")),
        ("he", ("", "he")),
    ],
)
def test_a_name_is_optimizer_and_variant(arm: str, expected: tuple[str, str]) -> None:
    assert parts(arm) == expected


def test_methods_are_those_that_there_are() -> None:
    """Wilson et al.'s three, and those that they compare them with."""
    assert ADAPTIVE == ("adagrad", "rmsprop", "adam")
    assert PLAIN == ("sgd", "heavy_ball")
    assert {each.family for each in OPTIMIZERS.values()} == {"adaptive", "plain", ""}


def test_each_adaptive_method_is_compared_with_each_plain_one() -> None:
    assert [str(pair) for pair in contrasts([*WILSON, "nesterov", "adamw"])] == [
        "adagrad - sgd",
        "rmsprop - sgd",
        "adam - sgd",
        "adagrad - heavy_ball",
        "rmsprop - heavy_ball",
        "adam - heavy_ball",
    ]


def test_variants_are_not_compared_with_one_another() -> None:
    arms = ["sgd_lr", "adam_lr", "sgd_all", "adam_all", "adam_odd"]
    assert [str(pair) for pair in contrasts(arms)] == ["adam_lr - sgd_lr", "adam_all - sgd_all"]
    assert variants([*arms, "other"])["all"] == {"sgd": "sgd_all", "adam": "adam_all"}


def test_other_names_declare_nothing() -> None:
    assert contrasts(["he", "glorot"]) == []
    assert contrasts(["adagrad", "adam"]) == []


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
    assert [baseline_of(arm, arms) for arm in arms] == expected
