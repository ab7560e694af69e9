"""Cells must show their numbers in words, and a dash for a missing number."""

import math

import pandas as pd
import pytest

from ffnn_lab.report.text.cells import count_cell, counts, p_value, percent, value_cell


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([1, 1], "1 seed"), ([10], "10 seeds"), ([10, 9, 10], "9 to 10 seeds"), ([], "0 seeds")],
)
def test_counts_are_worded(numbers: list[int], words: str) -> None:
    assert counts(numbers, "seed") == words


def test_small_p_values_and_nothings() -> None:
    assert [p_value(p) for p in (math.nan, 1e-9, 0.0004, 0.0006, 1.0)] == [
        *("-", "<0.001", "<0.001", "0.001", "1.000"),
    ]
    assert percent(-3e-18) == "0.00"


def test_values_and_counts_that_are_missing_have_a_dash() -> None:
    assert [value_cell(each) for each in (None, pd.NA, math.nan)] == ["-"] * 3
    assert [value_cell(each) for each in (0.000123456, 64, "tanh", [1, 2])] == [
        *("0.000123", "64", "tanh", "[1, 2]"),
    ]
    assert [count_cell(each) for each in (pd.NA, 3)] == ["-", "3"]
