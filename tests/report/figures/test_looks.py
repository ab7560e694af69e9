"""Every arm must have a look of its own, which depends on its name and not on other arms."""

import dataclasses
from collections.abc import Callable

import pytest

from ffnn_lab.definition import Arm, Method
from ffnn_lab.look import Look
from ffnn_lab.report.figures import looks
from ffnn_lab.report.figures.looks import OTHERS, looks_of, registered_looks
from tests.support.definitions import define_arms, named_leaves
from tests.support.options import put_variant


def luminance(color: str) -> float:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [tuple(registered_looks().values()), OTHERS])
def test_looks_differ_without_color(palette: tuple[Look, ...]) -> None:
    assert len({look.line for look in palette}) == len(palette)
    assert len({look.marker for look in palette}) == len(palette)
    assert len({look.color for look in palette}) == len(palette)
    # Visible on white paper: 0.75 is the gray of a light pencil.
    assert all(luminance(look.color) < 0.75 for look in palette)


def test_a_look_depends_on_the_name_not_the_place() -> None:
    assert looks_of(["adam", "sgd"])["sgd"] == looks_of(["sgd"])["sgd"]


def test_other_names_take_turns_and_avoid_lines_that_are_taken() -> None:
    looks = looks_of(["wide", "sgd", "narrow"])
    assert looks["sgd"].line == "-"
    assert looks["wide"] == OTHERS[1]
    assert looks["narrow"] == OTHERS[2]
    assert looks_of(["wide"])["wide"] == OTHERS[0]


PAIRS: dict[str, Callable[[Look], object]] = {
    "color and line": lambda look: (look.color, look.line),
    "color and marker": lambda look: (look.color, look.marker),
    "line and marker": lambda look: (look.line, look.marker),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("known", [[], ["sgd", "adam"]])
def test_forty_arms_are_told_apart_by_any_two_of_color_line_and_marker(
    known: list[str], pair: str
) -> None:
    names = [*known, *(f"arm {i}" for i in range(40 - len(known)))]
    found = looks_of(names)
    assert len({PAIRS[pair](look) for look in found.values()}) == len(names)


@pytest.mark.parametrize(
    "names",
    [
        [f"adam_{i}" for i in range(40)],
        [f"{each}_{i}" for i in range(8) for each in registered_looks()],
        [*registered_looks(), *(f"arm {i}" for i in range(40))],
        [f"lion_{i}" for i in range(40)],
    ],
    ids=["one optimizer", "many variants", "all optimizers and others", "an unknown optimizer"],
)
def test_no_two_arms_look_alike(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    put_variant(monkeypatch, "optimizer", of="sgd", name="lion", look=None)
    found = looks_of(names)
    assert len(set(found.values())) == len(names)


def test_variants_of_all_optimizers_differ_in_gray() -> None:
    """Seven variants of each optimizer have all 49 pairs of seven lines and seven markers."""
    found = looks_of([f"{each}_{i}" for i in range(7) for each in registered_looks()])
    assert len({PAIRS["line and marker"](look) for look in found.values()}) == 49


@pytest.mark.parametrize("name", ["lion", "sophia", "adam_mini"])
def test_an_optimizer_without_a_row_looks_the_same_in_every_sweep(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_variant(monkeypatch, "optimizer", of="sgd", name=name, look=None)
    alone = looks_of([name])[name]
    beside = looks_of(["wide", "sgd", "adam", f"{name}_b", name, f"{name}_c"])
    assert alone in OTHERS
    assert {beside[each].color for each in beside if each.startswith(name)} == {alone.color}
    assert beside["wide"].color != alone.color
    assert len(set(beside.values())) == len(beside)


def test_markers_are_drawn_where_lines_repeat() -> None:
    assert not looks.need_markers(looks_of(registered_looks()).values())
    assert looks.need_markers(looks_of([*registered_looks(), "sgd_b"]).values())


def test_variants_keep_the_color_of_their_optimizer() -> None:
    looks = looks_of(["sgd_lr", "adam_lr", "adam_all", "sgd_all", "other"])
    assert looks["adam_lr"] == registered_looks()["adam"]
    assert looks["adam_all"].color == registered_looks()["adam"].color
    assert looks["adam_all"].line != looks["adam_lr"].line
    assert looks["adam_all"].marker != looks["adam_lr"].marker
    assert looks["sgd_all"].color == registered_looks()["sgd"].color
    assert looks["other"].line not in {looks[name].line for name in ("sgd_lr", "adam_lr")}


def test_arms_that_share_the_only_optimizer_are_told_apart_by_color() -> None:
    looks = looks_of(["sgd_constant", "sgd_cosine", "sgd_dev"])
    assert list(looks.values()) == list(OTHERS[:3])
    assert looks_of(["sgd_constant"])["sgd_constant"].color == registered_looks()["sgd"].color


def test_arms_of_any_name_look_like_their_optimizers() -> None:
    """An arm looks like its config's optimizer, any other name like the optimizer it names."""
    definition = dataclasses.replace(
        define_arms("sgd", "adam"),
        arms=tuple(
            Arm(name, (), {}, named_leaves(optimizer))
            for name, optimizer in (("he", "sgd"), ("glorot", "adam"), ("adam_he", "sgd"))
        ),
    )
    known = registered_looks()
    with looks.arms_of(definition):
        found = looks_of(["he", "glorot", "adam_he", "adam"])
    assert (found["he"], found["glorot"]) == (known["sgd"], known["adam"])
    assert found["adam_he"].color == known["sgd"].color
    assert found["adam"].color == known["adam"].color
    assert looks_of(["he"])["he"] == OTHERS[0]


def test_a_look_that_the_definition_stores_comes_first() -> None:
    stored = Look("#123456", (0, (2.0, 1.0)), "P")
    methods = {"sgd": Method("plain", stored), "adam": Method("adaptive")}
    with looks.arms_of(define_arms("sgd", "adam", methods=methods)):
        found = looks_of(["sgd", "adam"])
    assert found["sgd"] == stored
    assert found["adam"] in OTHERS
