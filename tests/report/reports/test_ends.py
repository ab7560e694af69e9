"""Notes and captions must mention intervals that were cut or left out, and no other interval."""

import math
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports import ends
from ffnn_lab.report.reports.content import tables_of
from ffnn_lab.report.sheets import SHEETS
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep, wobbly

ARMS = pd.DataFrame(
    {
        "arm": ["a", "b", "c", "d", "e"],
        "test.error": [0.045, 0.7493, 0.03, 0.02, math.nan],
        "test.error.low": [0.0, math.nan, 0.02, math.nan, math.nan],
        "test.error.high": [0.18, math.nan, 0.04, math.nan, math.nan],
        "n_seeds": [2, 3, 10, 1, 0],
    }
)


def test_what_was_cut_and_what_is_left_out_are_told() -> None:
    assert ends.remarks([(SHEETS["arms"], ARMS)]) == [
        f"{ends.CUT}, for the t interval of so few seeds reaches further: test error of a",
        f"{ends.EQUAL}, for equal values do not say how others would spread: test error of b",
    ]
    assert ends.in_caption(SHEETS["arms"], ARMS).endswith(
        "where all seeds came to the same value."
    )


def test_ordinary_intervals_and_single_seeds_need_no_word() -> None:
    ordinary = ARMS.iloc[2:]
    assert ends.remarks([(SHEETS["arms"], ordinary)]) == []
    assert ends.in_caption(SHEETS["arms"], ordinary) == ""
    assert ends.in_caption(SHEETS["ranks_by_variant"], ARMS) == ""


def test_every_table_of_a_sweep_of_two_seeds_is_cut_and_told(tmp_path: Path) -> None:
    """Errors of 0.1% and 9% at two seeds: 4.55% -+ 12.7 times 4.45% is cut at 0."""
    few = [0.001, 0.09]
    arms = {
        "sgd": Built(tuned=all_ended(few), default=all_ended(few)),
        "adam": Built(tuned=all_ended([0.7493] * 2), default=all_ended(few)),
    }
    sweep = make_arm_sweep(tmp_path / "few", arms)
    numbers_of = Numbers(sweep)
    (row, other) = numbers_of.arms.to_dict("records")
    assert row["test.error.low"] == 0.0
    assert row["test.error.high"] < 1.0
    assert math.isnan(other["test.error.low"])
    tables, (cut, equal, *_) = tables_of(numbers_of)
    assert "test error of sgd" in cut
    assert "test error of the default of sgd, adam" in cut
    assert "test error of adam" in equal
    assert "gain of tuning of sgd" in equal
    for numbers in (sheet.numbers for sheet in tables if sheet.numbers is not None):
        lows = numbers[[name for name in numbers if str(name).endswith("error.low")]]
        assert not (lows < 0).any(axis=None)


def test_ten_ordinary_seeds_keep_the_whole_interval(tmp_path: Path) -> None:
    arms = {
        name: Built(tuned=all_ended(wobbly(mean, wobble)))
        for name, mean, wobble in (("sgd", 0.03, 0.004), ("adam", 0.04, 0.001))
    }
    sweep = make_arm_sweep(tmp_path / "ten", arms)
    arms_now = Numbers(sweep).arms
    assert ends.remarks([(SHEETS["arms"], arms_now)]) == []
    row = arms_now.iloc[0]
    half = row["test.error.high"] - row["test.error"]
    assert row["test.error"] - row["test.error.low"] == pytest.approx(half, rel=1e-12)
