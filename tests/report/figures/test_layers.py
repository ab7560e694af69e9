"""The figure of layers: medians and extremes over runs, at the start and at the end."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.records import LAYER_STATISTICS
from ffnn_lab.report.figures import layers

NOTHING = dict.fromkeys(LAYER_STATISTICS, float("nan"))


def diagnosis(run: str, epoch: int, layer: int, **statistics: float) -> dict[str, object]:
    """Return a row of the table ``layers``."""
    place = {"run_id": run, "epoch": epoch, "step": epoch, "layer": layer}
    return {**place, "module": "0", "n_units": 4, **NOTHING, **statistics}


@pytest.fixture
def points() -> pd.DataFrame:
    """Return the points of three runs of one arm, and of another arm without diagnoses."""
    rows = []
    for run, active, last in (("a", 0.1, 3), ("b", 0.4, 3), ("c", 0.2, 2)):
        rows += [
            diagnosis(run, 0, 1, **{"active.std": active, "backprop.std": 1.0, "dead": 0.25}),
            diagnosis(run, 0, 2, **{"backprop.std": 2.0}),
            diagnosis(run, 1, 1, **{"active.std": 9.0}),
            diagnosis(run, last, 1, **{"active.std": 10 * active, "saturated": 0.5}),
        ]
    return layers.points(pd.DataFrame(rows), run_ids={"tanh": ["a", "b", "c"], "relu": []})


def value(points: pd.DataFrame, moment: str, statistic: str, layer: int = 1) -> pd.Series:
    is_it = (points["moment"] == moment) & (points["statistic"] == statistic)
    (row,) = points[is_it & (points["layer"] == layer)].to_dict("records")
    return pd.Series(row)


def test_points_are_medians_with_the_extremes_at_both_moments(points: pd.DataFrame) -> None:
    start, end = (value(points, moment, "active.std") for moment in ("start", "end"))
    assert start[["median", "lowest", "highest", "n_runs"]].tolist() == [0.2, 0.1, 0.4, 3]
    assert end[["median", "lowest", "highest", "n_runs"]].tolist() == [2.0, 1.0, 4.0, 3]
    assert value(points, "start", "backprop.std", layer=2)["median"] == 2.0
    assert set(points["arm"]) == {"tanh"}
    assert list(points["arm"].cat.categories) == ["tanh", "relu"]


def test_the_share_is_of_dead_or_of_saturated_units(points: pd.DataFrame) -> None:
    assert value(points, "start", layers.SHARE)["median"] == 0.25
    assert value(points, "end", layers.SHARE)["median"] == 0.5


def test_axes_have_units_and_the_scale_that_fits(points: pd.DataFrame) -> None:
    is_start = points["moment"] == "start"
    for statistic, scale, shown in (
        ("active.std", "log", [0.2]),
        (layers.SHARE, "linear", [25.0]),
    ):
        ax = Figure().subplots()
        drawn = layers.draw(points[is_start & (points["statistic"] == statistic)], ax)
        assert drawn is ax
        assert ax.get_yscale() == scale
        assert ax.get_ylabel() == layers.STATISTICS[statistic]
        assert ax.get_xlabel() == "layer"
        (line,) = (each for each in ax.get_lines() if len(np.asarray(each.get_ydata())))
        assert np.asarray(line.get_ydata()).tolist() == pytest.approx(shown)


def test_the_figure_has_a_row_for_each_statistic_and_a_column_for_each_moment(
    points: pd.DataFrame,
) -> None:
    drawn = layers.figure(points)
    assert len(drawn.axes) == 6
    assert [ax.get_title() for ax in drawn.axes[:2]] == ["at the start", "at the end"]
    assert "3 runs" in drawn.get_suptitle()
    only_start = layers.figure(points[points["moment"] == "start"])
    assert len(only_start.axes) == 3


def test_values_of_zero_are_left_out_of_a_logarithmic_axis(points: pd.DataFrame) -> None:
    zeros = points.assign(median=0.0, lowest=0.0, highest=0.0)
    drawn = layers.figure(zeros)
    assert all(ax.get_yscale() == "linear" for ax in drawn.axes)
