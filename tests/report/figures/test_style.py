"""Figures must have one style everywhere, legends that fit, and error axes in percent."""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.figures import style
from ffnn_lab.report.figures.save import new_figure, save


def tick_labels(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    axis = figure.axes[0].yaxis
    low, high = figure.axes[0].get_ylim()
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
    return [label.get_text() for place, label in ticks if low <= place <= high]


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
        ([f"heavy_ball_{i}" for i in range(7)], 4),  # five would fit, but leave two below
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


AMBIENT = {
    "text.usetex": True,
    "font.family": ["A font that nobody has"],
    "axes.facecolor": "black",
    "axes.formatter.use_locale": True,
    "savefig.dpi": 20,
    "path.sketch": (1, 100, 2),
    "axes.unicode_minus": False,
}
"""Settings that a matplotlibrc, a dark style or a notebook may have made."""


def test_the_style_sets_aside_what_is_set_around_it() -> None:
    with style.context():
        plain = dict(mpl.rcParams)
    with mpl.rc_context(AMBIENT):  # type: ignore[arg-type]  # a literal type of 300 names
        with style.context():
            assert dict(mpl.rcParams) == plain
        assert mpl.rcParams["text.usetex"]


def test_a_figure_has_the_same_bytes_whatever_is_set_around_it(tmp_path: Path) -> None:
    def written(name: str) -> bytes:
        with style.context():
            figure = new_figure(2, 2)
            figure.subplots().plot([1, 2], [1, 3])
        points = pd.DataFrame({"x": [1]})
        return save(figure, points, stem=tmp_path / name, source={})[1].read_bytes()

    plain = written("plain")
    with mpl.rc_context(AMBIENT):  # type: ignore[arg-type]  # as above
        assert written("ambient") == plain


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("sgd", "sgd"),
        ("a$_$b^{2}\\x%&#~", "a$_$b^{2}\\x%&#~"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u00e9\u03b1\u0416", "\u00e9\u03b1\u0416"),
        ("\u4f60\u597d", r"\u4f60\u597d"),
        ("net \U0001f680", r"net \U0001f680"),
        ("x" * 100, "\n".join(["x" * 44, "x" * 44, "x" * 12])),
        ("", ""),
    ],
    ids=["plain", "signs", "hebrew", "accents", "chinese", "emoji", "long", "empty"],
)
def test_a_text_is_drawn_as_it_is_or_as_its_codes(text: str, drawn: str) -> None:
    assert style.drawable(text) == drawn
    with style.context():
        figure = new_figure(6, 2)
        figure.subplots().set_title(drawn)
        figure.draw_without_rendering()  # would warn about a missing glyph


def test_a_legend_shows_what_is_named_even_with_an_underscore() -> None:
    ax = Figure().subplots()
    ax.plot([0, 1], label="_child0", gid=style.NAMED)
    ax.plot([0, 1], label="help line")
    assert style.entries(ax)[1] == ["_child0"]


def test_powers_of_ten_are_worded_without_a_formula() -> None:
    with style.context():
        figure = new_figure(4, 3)
        ax = figure.subplots()
        ax.plot([0.001, 20.0], [0.2, 0.5])
        style.log_axis(ax.xaxis)
        style.log_axis(ax.yaxis)
        figure.draw_without_rendering()
        labels = {
            label.get_text()
            for axis in (ax.xaxis, ax.yaxis)
            for label in (*axis.get_majorticklabels(), *axis.get_minorticklabels())
        }
    assert {"10\u207b\u00b3", "10\u2070", "2\u00d710\u207b\u00b9"} <= labels
    assert not any(set(label) & set("${\\") for label in labels)


@pytest.mark.parametrize("length", [1, 6, 12, 44])
def test_a_legend_below_a_figure_lies_inside_of_it(length: int) -> None:
    with style.context():
        figure = new_figure(style.DOUBLE, 3)
        ax = figure.subplots()
        for _ in range(40):
            ax.plot([0, 1], marker="o", label="n" * length, gid=style.NAMED)
        style.legend_below(figure, *style.entries(ax))
        figure.draw_without_rendering()
        (legend,) = figure.legends
        box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert ax.get_window_extent().height > 100
