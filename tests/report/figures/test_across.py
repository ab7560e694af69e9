"""Conditions that are numbers must be drawn along a scale, and words side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.figures.across import draw, figure, main_key, panels_of
from ffnn_lab.report.measures.across import DIFFERENCE, ERROR


def points_of(conditions: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Build points of two arms and their difference under each combination of conditions."""
    index = pd.MultiIndex.from_product(list(conditions.values()))
    rows = []
    for place, values in enumerate(index):
        condition = dict(zip(conditions, values, strict=True))
        for arm, base, of, value in (
            ("sgd", "", ERROR, 0.10 + 0.01 * place),
            ("adam", "", ERROR, 0.20 + 0.01 * place),
            ("adam", "sgd", DIFFERENCE, 0.10),
        ):
            ends = {"low": value - 0.02, "high": value + 0.03}
            rows.append(
                {**condition, "of": of, "arm": arm, "baseline": base, "value": value, **ends}
            )
    table = pd.DataFrame(rows).astype(dict.fromkeys(conditions, object))
    return table.assign(arm=pd.Categorical(table["arm"], categories=["sgd", "adam"]))


def axes_of(points: pd.DataFrame, *, of: str) -> tuple[Any, list[list[list[float]]]]:
    """Draw one panel; return its axes, and the (x, y) points of every arm or pair of arms."""
    from ffnn_lab.report.figures.save import new_figure  # noqa: PLC0415 - matplotlib

    key = main_key(points)
    values = list(dict.fromkeys(points[key]))
    ax = draw(points, new_figure(3.0, 3.0).subplots(), key=key, of=of, values=values)
    named = [line for line in ax.lines if line.get_gid() == "named"]
    lines = [np.asarray(line.get_xydata()).tolist() for line in named]
    return ax, lines


def test_numbers_have_their_places_on_a_scale() -> None:
    ax, (sgd, adam) = axes_of(points_of({"task.n": [20, 50, 200]}), of=ERROR)
    assert sgd == [pytest.approx(each) for each in ([20, 0.10], [50, 0.11], [200, 0.12])]
    assert [y for _, y in adam] == pytest.approx([0.20, 0.21, 0.22])
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["20", "50", "200"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("n", "test error (%)")
    (bars, _) = [each[2][0].get_segments() for each in ax.containers]
    assert [y for _, y in bars[0].tolist()] == pytest.approx([0.08, 0.13])


def test_words_stand_side_by_side_without_a_line() -> None:
    ax, (sgd, adam) = axes_of(points_of({"trainer.batch_size": [10, "full"]}), of=ERROR)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "full"]
    for place, (left, right) in enumerate(zip(sgd, adam, strict=True)):
        assert left[0] < place < right[0]
    assert {line.get_linestyle() for line in ax.lines} == {"None"}


def test_a_difference_is_named_after_both_arms_and_stands_beside_0() -> None:
    ax, lines = axes_of(points_of({"task.p": [0.6, 0.9]}), of=DIFFERENCE)
    assert lines == [[pytest.approx(each) for each in ([0.6, 0.1], [0.9, 0.1])]]
    labels = [line.get_label() for line in ax.lines if line.get_gid() == "named"]
    assert labels == ["adam - sgd"]
    assert [0.0, 0.0] in [list(line.get_ydata()) for line in ax.lines]
    assert ax.get_xscale() == "linear"


def test_other_conditions_have_panels_of_their_own() -> None:
    points = points_of({"task.n": [20, 50, 200], "task.p": [0.6, 0.9]})
    assert main_key(points) == "task.n"
    assert [words for words, _ in panels_of(points)] == ["p = 0.6", "p = 0.9"]
    drawn = figure(points)
    assert len(drawn.axes) == 4
    assert [ax.get_title() for ax in drawn.axes[:2]] == ["p = 0.6", "p = 0.9"]
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == ["sgd", "adam", "adam - sgd"]


def test_numbers_come_before_words_along_the_axis() -> None:
    points = points_of({"task": ["digits", "mnist", "table"], "task.n": [20, 50]})
    assert main_key(points) == "task.n"


def test_without_an_interval_there_is_a_point_alone() -> None:
    points = points_of({"task.n": [20, 50]}).assign(low=math.nan, high=math.nan)
    ax, _ = axes_of(points, of=ERROR)
    (bars, _) = [each[2][0].get_segments() for each in ax.containers]
    assert all(segment[0].tolist() == segment[1].tolist() for segment in bars)
