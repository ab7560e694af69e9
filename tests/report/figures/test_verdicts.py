"""Each effect must be drawn over the region that its claim asserts, and marked by its verdict."""

import math

import pandas as pd
import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.figures import verdicts
from ffnn_lab.report.figures.looks import VERDICTS


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim": ["one", "one", "two", "three"],
            "sweep": ["mine", "mine", "mine", ""],
            "what": ["adam - sgd", "rmsprop - sgd", "all", ""],
            "effect": [0.02, -0.01, 0.0, math.nan],
            "low": [0.01, -0.03, 0.0, math.nan],
            "high": [0.03, 0.01, 0.0, math.nan],
            "n": [10, 10, 5, 0],
            "of": ["seeds", "seeds", "draws", ""],
            "unit": ["percentage points"] * 3 + ["%"],
            "claimed.low": [0.001, 0.001, -0.05, 0.0],
            "claimed.high": [math.inf, math.inf, 0.05, 1.0],
            "verdict": ["supported", "inconclusive", "supported", "not run"],
        }
    )


def test_draws_a_claims_rows_over_what_it_asserts(table: pd.DataFrame) -> None:
    points = verdicts.points(table, sweep="mine")
    ax = verdicts.draw(points[points["claim"] == "one"], Figure().subplots())
    assert ax.get_xlabel() == "effect (percentage points)"
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["adam - sgd", "rmsprop - sgd"]
    assert [text.get_text() for text in ax.texts] == ["10 seeds", "10 seeds"]
    marks = [line.get_marker() for line in ax.get_lines()[1:4:2]]
    assert marks == [VERDICTS[each].marker for each in ("supported", "inconclusive")]
    region = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert region.x0 == pytest.approx(0.001)
    assert region.x1 == pytest.approx(ax.get_xlim()[1])


def test_each_claim_has_a_panel_and_what_was_not_run_has_none(table: pd.DataFrame) -> None:
    figure = verdicts.figure(verdicts.points(table, sweep="mine"))
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["one", "two"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["supported", "inconclusive", "what is claimed"]
    figure.draw_without_rendering()  # an interval without width must not warn


def test_verdicts_can_be_told_apart_without_color() -> None:
    assert len({look.marker for look in VERDICTS.values()}) == len(VERDICTS)
