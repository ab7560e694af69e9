"""Figures of the separable problem must show every arm, in the units that the axes name."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ffnn_lab.config import RunConfig
from ffnn_lab.records import RunResult
from ffnn_lab.report.figures import separable as figure_module
from ffnn_lab.report.figures import separable_directions
from ffnn_lab.report.figures.looks import registered_looks
from ffnn_lab.report.figures.save import new_figure
from ffnn_lab.report.figures.separable import (
    MEASURES,
    N_SHOWN,
    draw_by_condition,
    draw_by_draw,
    evenly,
    figure,
)
from ffnn_lab.report.measures import separable
from tests.support.report.separable_builders import as_predicted, ended, make_separable_sweep

ARMS = ("sgd", "heavy_ball", "adagrad", "rmsprop", "adam")
BATCHES = {"trainer.batch_size": [5, 10, "full"]}


def axes() -> Axes:
    ax: Axes = new_figure(3, 2).subplots()
    return ax


def line_of(ax: Axes, arm: str) -> Line2D:
    color = registered_looks()[arm].color
    (line,) = (each for each in ax.get_lines() if each.get_color() == color)
    return line


def x_of(line: Line2D) -> NDArray[np.float64]:
    return np.asarray(line.get_xdata(), dtype=float)


def y_of(line: Line2D) -> NDArray[np.float64]:
    return np.asarray(line.get_ydata(), dtype=float)


def test_draws_by_their_share_of_negative_labels(tmp_path: Path) -> None:
    runs = separable.find(make_separable_sweep(tmp_path, draws=(0, 2), arms=ARMS)).runs
    ax = draw_by_draw(runs, axes())
    assert ax.get_xlabel() == "share of negative test labels (%)"
    assert ax.get_ylabel() == "test error (%)"
    for arm in ARMS:
        line = line_of(ax, arm)
        rows = runs[runs["arm"] == arm]
        assert x_of(line).tolist() == rows["is_negative"].tolist()
        assert y_of(line).tolist() == rows["test.error"].tolist()
        assert line.get_marker() == registered_looks()[arm].marker
    # Where arms agree, each marker is drawn around the one before, and so is larger.
    sizes = [line_of(ax, arm).get_markersize() for arm in ARMS]
    assert sizes == sorted(set(sizes))
    ax.figure.canvas.draw()
    assert "40" in [tick.get_text() for tick in ax.get_yticklabels()]  # percent, not 0.4


def test_means_and_ranges_by_condition(tmp_path: Path) -> None:
    def ends(config: RunConfig) -> RunResult:
        error = {5: 0.1, 10: 0.2, "full": 0.4}[config.trainer.batch_size]
        seed = getattr(config.task, "draw_seed", 0)
        return ended(config, error=error + 0.1 * (seed == 2))

    sweep = make_separable_sweep(tmp_path, BATCHES, draws=(0, 2), arms=["adam"], ends=ends)
    runs = separable.find(sweep).runs
    ax = draw_by_condition(runs, axes(), key="trainer.batch_size", measure="test.error")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["5", "10", "full"]
    assert ax.get_xlabel() == "batch size (examples)"
    line = line_of(ax, "adam")
    assert y_of(line).tolist() == pytest.approx([0.15, 0.25, 0.45])
    assert x_of(line).tolist() == [0, 1, 2]
    (bars,) = ax.collections
    assert isinstance(bars, LineCollection)
    ends_of = [np.asarray(segment)[:, 1].tolist() for segment in bars.get_segments()]
    assert ends_of == [pytest.approx([low, low + 0.1]) for low in (0.1, 0.2, 0.4)]


def test_arms_at_one_condition_lie_side_by_side(tmp_path: Path) -> None:
    runs = separable.find(make_separable_sweep(tmp_path, BATCHES, draws=[0], arms=ARMS)).runs
    ax = draw_by_condition(runs, axes(), key="trainer.batch_size", measure="test.error")
    places = [x_of(line_of(ax, arm))[0] for arm in ARMS]
    assert places == sorted(set(places))
    assert max(map(abs, places)) < 0.5


def test_an_arm_without_the_condition_is_a_level_line(tmp_path: Path) -> None:
    eps = {"adam": {"optimizer.eps": [1e-8, 10.0]}}
    runs = separable.find(make_separable_sweep(tmp_path, of_arms=eps, draws=(0, 2))).runs
    ax = draw_by_condition(runs, axes(), key="optimizer.eps", measure="cosine.min_norm")
    assert y_of(line_of(ax, "sgd")).tolist() == [1.0, 1.0]
    assert len(y_of(line_of(ax, "adam"))) == 2


def test_all_arms_are_in_the_legend_once(tmp_path: Path) -> None:
    found = separable.find(make_separable_sweep(tmp_path, BATCHES, draws=[0], arms=ARMS))
    drawn = figure(found.runs, found.conditions)
    (legend,) = drawn.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert sorted(names) == sorted([*ARMS, "negative labels"])
    assert [ax.get_ylabel() for ax in drawn.axes] == list(MEASURES.values())


def test_other_conditions_are_panels(tmp_path: Path) -> None:
    conditions: dict[str, list[float]] = {"task.n": [20, 30], "task.p": [0.6, 0.9]}
    found = separable.find(make_separable_sweep(tmp_path, conditions, draws=(0, 2)))
    drawn = figure(found.runs[found.runs["remark"] == ""], found.conditions)
    titles = [ax.get_title() for ax in drawn.axes if ax.get_title()]
    assert titles == ["n = 20", "n = 30"]
    assert drawn.axes[-1].get_xlabel() == "p, probability of the label +1"


@pytest.mark.parametrize("n", range(1, 20))
def test_no_more_panels_than_there_is_room_for(n: int) -> None:
    places = evenly(n)
    assert places == sorted(set(places))
    assert len(places) == min(n, N_SHOWN)
    assert (places[0], places[-1]) == (0, n - 1)


# --- during training -------------------------------------------------------------------------


def test_cosines_are_over_the_runs_of_an_arm_at_an_epoch(tmp_path: Path) -> None:
    def ends(config: RunConfig) -> RunResult:
        seed = getattr(config.task, "draw_seed", 0)
        return ended(config, cosines=({0: 0.2, 1: 0.4, 2: 0.9}[seed], 0.5))

    sweep = make_separable_sweep(tmp_path, arms=["adam"], ends=ends)
    found = separable.find(sweep)
    points = separable_directions.points(sweep.directions, found.runs, [])
    assert points["epoch"].tolist() == [2, 4]
    assert points["n_runs"].tolist() == [3, 3]
    last = points.iloc[1]
    spread = [last[f"cosine.min_norm.{word}"] for word in ("lowest", "median", "highest")]
    assert spread == [0.2, 0.4, 0.9]


def test_every_line_lies_inside_its_panel(tmp_path: Path) -> None:
    """Panels share an axis, so the data of the first panel must not set the limits of all."""

    def ends(config: RunConfig) -> RunResult:
        if config.optimizer.name == "adam" and config.trainer.batch_size == "full":
            return ended(config, cosines=(-0.9, 0.1))
        return as_predicted(config)

    sweep = make_separable_sweep(tmp_path, BATCHES, draws=(0, 2), arms=ARMS, ends=ends)
    found = separable.find(sweep)
    points = separable_directions.points(sweep.directions, found.runs, found.conditions)
    drawn = separable_directions.figure(points, found.conditions)
    assert [ax.get_title() for ax in drawn.axes[:3]] == [
        f"batch size = {size}" for size in (5, 10, "full")
    ]
    for ax in drawn.axes:
        low, high = ax.get_ylim()
        for line in ax.get_lines():
            assert low < y_of(line).min()
            assert y_of(line).max() < high
    assert {ax.get_xlabel() for ax in drawn.axes[3:]} == {"epoch"}


def test_arms_that_agree_have_markers_at_places_of_their_own(tmp_path: Path) -> None:
    sweep = make_separable_sweep(tmp_path, draws=[0], arms=ARMS)
    found = separable.find(sweep)
    points = separable_directions.points(sweep.directions, found.runs, [])
    ax = separable_directions.draw(points, axes(), measure="cosine.sign")
    steps = [line_of(ax, arm).get_markevery() for arm in ARMS]
    starts = [step[0] for step in steps if isinstance(step, tuple)]
    assert len(starts) == len(ARMS)
    assert starts == sorted(set(starts))


def test_arms_that_lack_the_condition_are_in_every_panel(tmp_path: Path) -> None:
    eps = {"adam": {"optimizer.eps": [1e-8, 10.0]}}
    sweep = make_separable_sweep(tmp_path, {"task.n": [20, 30]}, of_arms=eps, draws=(0, 2))
    found = separable.find(sweep)
    points = separable_directions.points(sweep.directions, found.runs, found.conditions)
    drawn = separable_directions.figure(points, found.conditions)
    assert [ax.get_title() for ax in drawn.axes[:2]] == ["n = 30, eps = 1e-08", "n = 30, eps = 10"]
    assert [len(ax.get_lines()) for ax in drawn.axes] == [2] * 4


def test_conditions_have_words() -> None:
    assert figure_module.title(["task.n", "model.bias"], [20, True]) == "n = 20, model.bias = True"
