"""One look per name, in every figure; axes that say percent and mean it."""

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import style
from ffnn_lab.config.optimizer import OPTIMIZERS


def luminance(color: str) -> float:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tick_labels(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    axis = figure.axes[0].yaxis
    low, high = figure.axes[0].get_ylim()
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
    return [label.get_text() for place, label in ticks if low <= place <= high]


def test_every_optimizer_has_its_look() -> None:
    assert list(style.OPTIMIZERS) == list(OPTIMIZERS)


@pytest.mark.parametrize("palette", [tuple(style.OPTIMIZERS.values()), style.OTHERS])
def test_looks_differ_without_color(palette: tuple[style.Look, ...]) -> None:
    assert len({look.line for look in palette}) == len(palette)
    assert len({look.marker for look in palette}) == len(palette)
    assert len({look.color for look in palette}) == len(palette)
    # Against white paper; 0.75 is the gray of a light pencil.
    assert all(luminance(look.color) < 0.75 for look in palette)


def test_a_look_depends_on_the_name_not_the_place() -> None:
    assert style.looks(["adam", "sgd"])["sgd"] == style.looks(["sgd"])["sgd"]


def test_other_names_take_turns_and_avoid_lines_that_are_taken() -> None:
    looks = style.looks(["wide", "sgd", "narrow"])
    assert looks["sgd"].line == "-"
    assert looks["wide"] == style.OTHERS[1]
    assert looks["narrow"] == style.OTHERS[2]
    assert style.looks(["wide"])["wide"] == style.OTHERS[0]


def test_more_arms_than_looks_start_over() -> None:
    names = [f"arm {i}" for i in range(len(style.OTHERS) + 1)]
    looks = style.looks(names)
    assert looks[names[-1]] == looks[names[0]]


def test_arms_that_are_not_drawn_keep_their_turn() -> None:
    arms = pd.Categorical(["narrow"], categories=["wide", "narrow"])
    assert style.arms_of(pd.DataFrame({"arm": arms})) == ["wide", "narrow"]
    assert style.arms_of(pd.DataFrame({"arm": ["b", "a", "b"]})) == ["b", "a"]


@pytest.mark.parametrize(
    ("labels", "n_columns"),
    [
        (["sgd"], 1),
        (["sgd", "adam"], 2),
        (["sgd", "heavy_ball", "adagrad", "rmsprop", "adam"], 5),
        ([f"heavy_ball_{i}" for i in range(7)], 4),  # five would fit, and leave two below
        (["heavy_ball\n(best on edge: bias_initializer.gain)", "sgd", "adam", "rmsprop"], 2),
        (["x" * 300, "sgd"], 1),
    ],
)
def test_columns_of_a_legend(labels: list[str], n_columns: int) -> None:
    assert style.n_columns(labels, width=style.DOUBLE) == n_columns


@pytest.mark.parametrize(
    ("edges", "line"),
    [
        ("", ""),
        ("optimizer.lr low", "\n(on edge: optimizer.lr)"),
        ("a.b low; c high", "\n(on edge: a.b, c)"),
    ],
)
def test_an_edge_is_a_line_of_a_legend(edges: str, line: str) -> None:
    assert style.edge_line(edges) == line
    assert style.edge_line(edges, what="best") == line.replace("(", "(best ")


def test_the_style_ends_with_its_block() -> None:
    before = mpl.rcParams["font.size"]
    with style.context():
        assert mpl.rcParams["font.size"] == style.SETTINGS["font.size"] != before
    assert mpl.rcParams["font.size"] == before


@pytest.mark.parametrize(
    ("errors", "scale", "labels"),
    [
        ([0.9, 0.5, 0.03], "symlog", ["2", "5", "10", "20", "50", "100"]),
        ([0.9, 0.0], "symlog", ["0", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100"]),
        ([0.04, 0.06], "linear", ["0", "1", "2", "3", "4", "5", "6"]),
    ],
)
def test_error_axis(errors: list[float], scale: str, labels: list[str]) -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.plot(errors)
    style.error_axis(ax, errors, is_log=style.spans_decades(errors))
    assert ax.get_yscale() == scale
    assert tick_labels(figure) == labels
    low, high = ax.get_ylim()
    assert low <= min(errors)
    assert high >= max(errors)


@pytest.mark.parametrize("errors", [[], [0.0, 0.0], [1.0]])
def test_error_axis_of_little(errors: list[float]) -> None:
    assert not style.spans_decades(errors)
    figure = Figure()
    style.error_axis(figure.subplots(), errors, is_log=False)
    assert figure.axes[0].get_ylim()[0] == 0


def test_variants_keep_the_color_of_their_optimizer() -> None:
    looks = style.looks(["sgd_lr", "adam_lr", "adam_all", "sgd_all", "other"])
    assert looks["adam_lr"] == style.OPTIMIZERS["adam"]
    assert looks["adam_all"].color == style.OPTIMIZERS["adam"].color
    assert looks["adam_all"].line != looks["adam_lr"].line
    assert looks["adam_all"].marker != looks["adam_lr"].marker
    assert looks["sgd_all"].color == style.OPTIMIZERS["sgd"].color
    assert looks["other"].line not in {looks[name].line for name in ("sgd_lr", "adam_lr")}
