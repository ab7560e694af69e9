"""Curves must be means over runs, and labels count the runs that were trained to the end."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import learning_curves


def three_rows(n_completed: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["sgd"] * 3,
            "split": ["test"] * 3,
            "epoch": [0, 1, 2],
            "mean": [0.9, 0.5, 0.2],
            "std": [0.0, 0.1, 0.05],
            "n_measured": [3, 3, n_completed],
            "n_completed": [n_completed] * 3,
            "n_runs": [3] * 3,
            "edges": [""] * 3,
        }
    )


@pytest.fixture
def points(small: Sweep) -> pd.DataFrame:
    run_ids = {arm: w.rows["run_id"].tolist() for arm, w in find_winners(small).items()}
    return learning_curves.points(small.curves, small.runs, run_ids=run_ids)


def point(points: pd.DataFrame, arm: str, split: str, epoch: int) -> pd.Series:
    is_it = (points["arm"] == arm) & (points["split"] == split) & (points["epoch"] == epoch)
    return points[is_it].iloc[0]


def test_points_are_means_and_sample_deviations(points: pd.DataFrame) -> None:
    last = point(points, "sgd", "test", 2)  # runs: 0.10, 0.12, 0.14
    assert last["mean"] == pytest.approx(0.12)
    assert last["std"] == pytest.approx(0.02)
    assert point(points, "sgd", "train", 0)["mean"] == pytest.approx(0.9)
    assert point(points, "sgd", "train", 0)["std"] == 0.0


def test_a_run_that_stopped_has_no_points_after(points: pd.DataFrame) -> None:
    before, after = (point(points, "adam", "test", epoch) for epoch in (1, 2))
    assert (before["n_measured"], after["n_measured"]) == (3, 2)
    assert (after["n_completed"], after["n_runs"]) == (2, 3)
    assert after["mean"] == pytest.approx((0.10 + 0.13) / 2)  # without the diverged run


def test_a_single_run_has_no_deviation(small: Sweep) -> None:
    run_ids = {"sgd": small.of("sgd")["run_id"].tolist()[:1], "adam": []}
    points = learning_curves.points(small.curves, small.runs, run_ids=run_ids)
    assert points["std"].map(math.isnan).all()
    assert list(points["arm"].cat.categories) == ["sgd", "adam"]  # adam keeps its look


def test_draws_three_rows() -> None:
    ax = learning_curves.draw(three_rows(), Figure().subplots())
    assert ax.get_xlabel() == "epoch (passes over the train split)"
    assert ax.get_ylabel() == "test error (%)"
    (line,) = ax.get_lines()
    assert line.get_label() == "sgd"
    assert np.asarray(line.get_xydata()).tolist() == [[0, 0.9], [1, 0.5], [2, 0.2]]
    (band,) = ax.collections
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.15, 0.9))


def test_a_band_ends_at_zero() -> None:
    ax = learning_curves.draw(three_rows().assign(std=0.5), Figure().subplots())
    assert np.asarray(ax.collections[0].get_paths()[0].vertices)[:, 1].min() == 0.0


def test_the_label_says_how_many_got_to_the_end() -> None:
    ax = learning_curves.draw(three_rows(n_completed=2), Figure().subplots())
    assert ax.get_lines()[0].get_label() == "sgd (2 of 3 to the end)"


def test_the_label_says_on_what_edge_the_setting_lies() -> None:
    edges = "optimizer.lr low; dropout.hidden high"
    ax = learning_curves.draw(three_rows(n_completed=2).assign(edges=edges), Figure().subplots())
    assert ax.get_lines()[0].get_label() == (
        "sgd (2 of 3 to the end)\n(on edge: optimizer.lr, dropout.hidden)"
    )


def test_points_keep_the_edges_of_their_arm(small: Sweep) -> None:
    run_ids = {"sgd": small.of("sgd")["run_id"].tolist()[:1], "adam": []}
    edges = {"sgd": "optimizer.lr high"}
    points = learning_curves.points(small.curves, small.runs, run_ids=run_ids, edges=edges)
    assert set(points["edges"]) == {"optimizer.lr high"}


@pytest.mark.parametrize("n_arms", [2, 7, 12])
def test_long_labels_stay_inside_the_figure(n_arms: int) -> None:
    rows = [
        three_rows().assign(arm=f"heavy_ball_{i}", split=split, edges="bias_initializer.gain low")
        for i in range(n_arms)
        for split in ("train", "test")
    ]
    figure = learning_curves.figure(pd.concat(rows))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert box.y0 >= 0
    # The legend does not overlap the panels, which keep their height.
    panels = [ax.get_window_extent() for ax in figure.axes]
    assert all(box.y1 < panel.y0 for panel in panels)
    assert all(panel.height > 1.5 * figure.dpi for panel in panels)


def test_figure_has_train_left_and_test_right(points: pd.DataFrame) -> None:
    figure = learning_curves.figure(points)
    assert [ax.get_ylabel() for ax in figure.axes] == ["train error (%)", "test error (%)"]
    # Only train errors span more than a factor of ten, but both panels have the same scale.
    assert [ax.get_yscale() for ax in figure.axes] == ["symlog", "symlog"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["sgd", "adam (2 of 3 to the end)"]
    assert figure.get_suptitle() == "mean over 3 seeds, shaded: one sample standard deviation"


def test_figure_of_a_run_shows_three_splits(small: Sweep) -> None:
    run_ids = {"run": small.runs["run_id"].tolist()[:1]}
    points = learning_curves.points(small.curves, small.runs, run_ids=run_ids)
    (ax,) = learning_curves.figure_of_run(points).axes
    assert [line.get_label() for line in ax.get_lines()] == ["train", "dev", "test"]
    assert ax.get_ylabel() == "error (%)"
