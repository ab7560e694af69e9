"""The words of every sheet must state the sheet's numbers, with their units."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.budgets import budget_points
from ffnn_lab.report.measures.matched import matched_table
from ffnn_lab.report.measures.progress import progress_table
from ffnn_lab.report.measures.stability import stability_table
from ffnn_lab.report.measures.tables import arm_table, run_table, spread_table
from tests.support.report.arm_builders import Built, make_arm_sweep
from tests.support.report.builders import (
    TUNE,
    differences_of,
    load_sweep,
    make_definition,
    write_run,
    write_sweep,
)
from tests.support.report.words import worded


@pytest.fixture
def table(small: Sweep) -> pd.DataFrame:
    return arm_table(small, find_winners(small))


def test_errors_are_worded_in_percent(table: pd.DataFrame) -> None:
    row = worded("arms", table).iloc[0].to_dict()
    assert row == {
        "arm": "sgd",
        "tune dev error (%)": "11.00",
        "confirm dev error (%)": "11.00",
        "test error (%) [95% interval]": "12.00 [7.03, 16.97]",  # 4.3027 * 2 / sqrt(3) = 4.97
        "default test error (%)": "23.00",
        "test - train (%)": "10.00",
        "seeds": "3",
        "diverged": "0",
        "edge": "lr high",
    }


def test_settings_are_worded_by_axis(table: pd.DataFrame) -> None:
    rows = worded("settings", table)
    assert rows["optimizer.lr"].tolist() == ["1", "0.01"]
    assert rows["dropout.hidden"].tolist() == ["0", "-"]  # adam has no such axis
    assert rows["runs"].tolist() == ["11 completed, 1 diverged"] * 2


def test_gains_are_worded_in_percentage_points(table: pd.DataFrame) -> None:
    row = worded("gain_of_tuning", table).iloc[0].to_dict()
    assert row == {
        "arm": "sgd",
        "default test error (%) [95% interval]": "23.00 [14.04, 31.96]",  # 4.3027 * 3.606 / 1.732
        "tuned test error (%) [95% interval]": "12.00 [7.03, 16.97]",
        "gain of tuning (percentage points) [95% interval]": "11.00 [6.70, 15.30]",
        "pairs": "3",
    }


def test_an_arm_without_a_default_has_a_dash(table: pd.DataFrame) -> None:
    names = [str(column) for column in table]
    absent = [name for name in names if name.startswith(("default.test", "gain_of_tuning"))]
    without = table.assign(**{name: [math.nan, 0.5] for name in absent})
    assert worded("arms", without)["default test error (%)"].tolist() == ["-", "50.00"]
    gains = worded("gain_of_tuning", without.assign(**{"gain_of_tuning.n_pairs": [0, 3]}))
    assert gains.iloc[0, 1:].tolist() == ["-", "12.00 [7.03, 16.97]", "-", "0"]


def test_without_any_default_there_is_no_column_of_it(tmp_path: Path) -> None:
    definition = make_definition(confirm={"seeds": []})
    sweep = load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition))
    words = worded("arms", arm_table(sweep, find_winners(sweep)))
    assert not any("default" in str(column) for column in words)


def test_differences_are_worded_in_percentage_points(small: Sweep) -> None:
    differences = differences_of(small)
    row = worded("paired_differences", differences).iloc[0]
    assert row["arm"] == "adam - sgd"
    assert row.iloc[1].startswith("25.67 [")
    assert "percentage points" in str(row.index[1])


def test_a_single_seed_has_no_interval(tmp_path: Path) -> None:
    rows = [("tune", "sgd", 0, 0, (0.1, 0.2, 0.3))]
    definition = make_definition(confirm={"seeds": []}, tune={"seeds": [0]})
    sweep = load_sweep(write_sweep(tmp_path, rows=rows, definition=definition))
    words = worded("arms", arm_table(sweep, find_winners(sweep)))
    assert words["test error (%) [95% interval]"].tolist() == ["30.00", "-"]


def test_a_tuning_loss_is_in_nats(tmp_path: Path) -> None:
    definition = make_definition(
        objective={"split": "dev", "metric": "loss", "moment": "last", "aggregate": "mean"}
    )
    sweep = load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition))
    words = worded("arms", arm_table(sweep, find_winners(sweep)))
    assert words["tune dev loss (nats)"].tolist() == ["0.22", "0.1"]


def test_a_single_runs_words(tmp_path: Path) -> None:
    words = worded("run", run_table(load(write_run(tmp_path))))
    assert words["error (%)"].tolist()[:3] == ["1.00", "2.00", "3.00"]
    assert words["loss (nats)"].tolist()[:3] == ["0.02", "0.04", "0.06"]


def test_names_stay_whole_where_their_last_part_is_ambiguous(table: pd.DataFrame) -> None:
    both = table.rename(columns={"dropout.hidden": "schedule.lr"})
    assert worded("arms", both)["edge"].tolist() == ["optimizer.lr high", "-"]


def test_spreads_are_in_percent(small: Sweep) -> None:
    row = worded("spreads", spread_table(small, find_winners(small))).iloc[0].to_dict()
    assert row["test error (%) [95% interval]"] == "12.00 [7.03, 16.97]"
    assert row["deviation (points)"] == "2.00"
    assert (row["lowest (%)"], row["median (%)"], row["highest (%)"]) == (
        *("10.00", "12.00", "14.00"),
    )
    assert (row["seeds"], row["diverged"]) == ("3", "0")


def test_progress_is_in_percent(small: Sweep) -> None:
    """All runs of the small sweep have an error of 50% after epoch 1, half of their two epochs."""
    row = worded("progress", progress_table(small, find_winners(small))).iloc[0].to_dict()
    assert row["train error, first epoch (%) [95% interval]"] == "50.00"
    assert str(row["test error lost in second half (points) [95% interval]"]).startswith("38.00")


def test_matched_losses_are_in_nats(small: Sweep) -> None:
    table = worded("matched_train_loss", matched_table(small, find_winners(small)))
    # Losses are twice the errors; the lowest that all runs reach is 0.06, of SGD's run with 3%.
    assert table["train loss (nats)"].tolist() == ["0.06", "0.06"]
    assert table["seeds"].tolist() == ["3", "2"]  # one of Adam's runs diverged


def test_budgets_double(tmp_path: Path) -> None:
    scores = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    sweep = make_arm_sweep(
        tmp_path, {"sgd": Built(scores=scores), "adam": Built(scores=scores[:2])}
    )
    table = worded("budgets", budget_points(sweep))
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
    table = worded("budgets", points)
    assert table["best of 1, dev loss (nats)"].tolist() == ["0.123"]
    infinite = worded("budgets", points.assign(expected=math.inf))
    assert infinite["best of 1, dev loss (nats)"].tolist() == ["-"]


def test_ranks(tmp_path: Path) -> None:
    arms = {"sgd": Built(scores=[0.1] * 8, settings=[{"optimizer.lr": 0.03}] * 8)}
    table = stability_table(make_arm_sweep(tmp_path, arms), rng=np.random.default_rng(0))
    row = worded("ranks_by_variant", table).iloc[0].to_dict()
    assert row["space"] == "75%"
    assert (row["rank"], row["agreement (Kendall's tau)"]) == ("1", "-")  # of a single arm
    assert row["same first in resamples (%)"] == "100"


def test_differences_say_how_far_to_trust_them(small: Sweep) -> None:
    row = worded("paired_differences", differences_of(small)).iloc[0].to_dict()
    assert row["p (Holm)"] == "0.500"  # 0, 0.01, 0.76: four of eight patterns of signs
    assert str(row["improves at a seed (%) [95% interval]"]).startswith("16.67 [")
    assert (row["seeds to resolve"], row["pairs"]) == ("25", "3")  # mean / std: 0.257 / 0.436


def test_what_cannot_be_resolved_is_said(tmp_path: Path) -> None:
    """A difference of 0 needs more than 10,000 seeds; of one pair, the number is unknown."""
    same = [[(1.0, 0.1, 0.1, 0.1)]] * 2
    sweep = make_arm_sweep(tmp_path / "a", {"sgd": Built(tuned=same), "adam": Built(tuned=same)})
    row = worded("paired_differences", differences_of(sweep)).iloc[0]
    assert row["seeds to resolve"] == "over 10000"
    one = same[:1]
    sweep = make_arm_sweep(tmp_path / "b", {"sgd": Built(tuned=one), "adam": Built(tuned=one)})
    assert worded("paired_differences", differences_of(sweep)).iloc[0]["seeds to resolve"] == "-"
