"""Words of the statistics must say what the numbers say, with their units."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.budgets import budget_points
from ffnn_lab.report.measures.matched import matched_table
from ffnn_lab.report.measures.progress import progress_table
from ffnn_lab.report.measures.stability import stability_table
from ffnn_lab.report.measures.tables import spread_table
from ffnn_lab.report.text import render, words
from ffnn_lab.report.text.render import p_value, percent
from tests.support.report.arm_builders import Built, make_arm_sweep
from tests.support.report.builders import differences_of


def test_spreads_are_in_percent(small: Sweep) -> None:
    row = words.readable_spreads(spread_table(small, find_winners(small))).iloc[0].to_dict()
    assert row["test error (%) [95% interval]"] == "12.00 [7.03, 16.97]"
    assert row["deviation (points)"] == "2.00"
    assert (row["lowest (%)"], row["median (%)"], row["highest (%)"]) == (
        *("10.00", "12.00", "14.00"),
    )
    assert (row["seeds"], row["diverged"]) == ("3", "0")


def test_progress_is_in_percent(small: Sweep) -> None:
    """All runs of the small sweep have 50% after epoch 1, which is half of two."""
    row = words.readable_progress(progress_table(small, find_winners(small))).iloc[0].to_dict()
    assert row["train error, first epoch (%) [95% interval]"] == "50.00"
    assert str(row["test error lost in second half (points) [95% interval]"]).startswith("38.00")


def test_matched_losses_are_in_nats(small: Sweep) -> None:
    table = words.readable_matched(matched_table(small, find_winners(small)))
    # Losses are twice the errors; the highest lowest one is SGD's with its 3%.
    assert table["train loss (nats)"].tolist() == ["0.06", "0.06"]
    assert table["seeds"].tolist() == ["3", "2"]  # one of Adam's diverged


def test_budgets_double(tmp_path: Path) -> None:
    scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    sweep = make_arm_sweep(
        tmp_path, {"sgd": Built(scores=scores), "adam": Built(scores=scores[:2])}
    )
    table = words.readable_budgets(budget_points(sweep))
    assert table.columns.tolist() == [
        "arm",
        *(f"best of {n}, dev error (%)" for n in (1, 2, 4, 6)),
    ]
    adam = table.iloc[1].tolist()
    assert adam[0] == "adam"
    assert adam[2:] == ["10.00", "-", "-"]
    assert str(table.iloc[0, 1]).startswith("35.00 [")


def test_a_budget_of_losses_is_in_nats() -> None:
    points = pd.DataFrame(
        {
            "arm": ["sgd"],
            "n_settings": [1],
            "expected": [0.123456],
            "low": [math.nan],
            "high": [math.nan],
            "split": ["dev"],
            "metric": ["loss"],
        }
    )
    table = words.readable_budgets(points)
    assert table["best of 1, dev loss (nats)"].tolist() == ["0.123"]
    infinite = words.readable_budgets(points.assign(expected=math.inf))
    assert infinite["best of 1, dev loss (nats)"].tolist() == ["-"]


def test_ranks(tmp_path: Path) -> None:
    arms = {"sgd": Built(scores=[0.1] * 8, settings=[{"optimizer.lr": 0.03}] * 8)}
    table = stability_table(make_arm_sweep(tmp_path, arms), rng=np.random.default_rng(0))
    row = words.readable_ranks(table).iloc[0].to_dict()
    assert row["space"] == "75%"
    assert (row["rank"], row["agreement (Kendall's tau)"]) == ("1", "-")  # of a lone arm
    assert row["same first in resamples (%)"] == "100"


def test_differences_say_how_far_to_trust_them(small: Sweep) -> None:
    row = render.readable_differences(differences_of(small)).iloc[0].to_dict()
    assert row["p (Holm)"] == "0.500"  # 0, 0.01 and 0.76: four of eight patterns of signs
    assert str(row["improves at a seed (%) [95% interval]"]).startswith("16.67 [")
    assert (row["seeds to resolve"], row["pairs"]) == ("25", "3")  # 0.257 / 0.436 deviations


def test_what_cannot_be_resolved_is_said(tmp_path: Path) -> None:
    """A difference of nothing needs more seeds than anyone has; one pair says nothing."""
    same = [[(1.0, 0.1, 0.1, 0.1)]] * 2
    sweep = make_arm_sweep(tmp_path / "a", {"sgd": Built(tuned=same), "adam": Built(tuned=same)})
    row = render.readable_differences(differences_of(sweep)).iloc[0]
    assert row["seeds to resolve"] == "over 10000"
    one = same[:1]
    sweep = make_arm_sweep(tmp_path / "b", {"sgd": Built(tuned=one), "adam": Built(tuned=one)})
    assert render.readable_differences(differences_of(sweep)).iloc[0]["seeds to resolve"] == "-"


def test_small_p_values_and_nothings() -> None:
    assert [p_value(p) for p in (math.nan, 1e-9, 0.0004, 0.0006, 1.0)] == [
        *("-", "<0.001", "<0.001", "0.001", "1.000"),
    ]
    assert percent(-3e-18) == "0.00"
