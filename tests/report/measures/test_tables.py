"""Every number of the small sweep's tables must be the one that was worked out by hand."""

import math
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.tables import arm_table, run_table
from tests.support.report.builders import (
    CHANCE,
    CONFIRM,
    DEFAULT,
    MEAN_LAST,
    TUNE,
    Row,
    differences_of,
    load_sweep,
    make_definition,
    write_run,
    write_sweep,
)

T_TWO_FREEDOMS = 4.302652729911275  # 97.5% quantile of Student's distribution


def arm_row(sweep: Sweep, arm: str) -> dict[str, Any]:
    table = arm_table(sweep, find_winners(sweep)).set_index("arm")
    return {str(key): value for key, value in table.loc[arm].items()}


def test_one_row_per_arm_in_the_definitions_order(small: Sweep) -> None:
    assert arm_table(small, find_winners(small))["arm"].tolist() == ["sgd", "adam"]


def test_errors_are_means_over_the_fresh_seeds(small: Sweep) -> None:
    row = arm_row(small, "sgd")
    # Test errors 0.10, 0.12, 0.14: sample deviation 0.02.
    half = T_TWO_FREEDOMS * 0.02 / math.sqrt(3)
    assert row["test.error"] == pytest.approx(0.12)
    assert row["test.error.low"] == pytest.approx(0.12 - half)
    assert row["test.error.high"] == pytest.approx(0.12 + half)
    assert row["tune.dev.error"] == pytest.approx(0.11)
    assert row["confirm.dev.error"] == pytest.approx(0.11)
    assert row["train.error"] == pytest.approx(0.02)
    assert (row["n_seeds"], row["n_diverged"], row["stage"]) == (3, 0, "confirm")


def test_the_gap_is_test_minus_train(small: Sweep) -> None:
    row = arm_row(small, "sgd")
    # Gaps 0.10 - 0.01, 0.12 - 0.02, 0.14 - 0.03: sample deviation 0.01.
    half = T_TWO_FREEDOMS * 0.01 / math.sqrt(3)
    assert row["gap"] == pytest.approx(0.10)
    assert (row["gap.low"], row["gap.high"]) == pytest.approx((0.10 - half, 0.10 + half))


def test_a_diverged_seed_counts_as_chance(small: Sweep) -> None:
    row = arm_row(small, "adam")
    assert row["test.error"] == pytest.approx((0.10 + 0.13 + CHANCE) / 3)
    assert row["confirm.dev.error"] == pytest.approx((0.06 + 0.06 + CHANCE) / 3)
    assert row["gap"] == pytest.approx((0.10 + 0.12 + 0.0) / 3)
    assert (row["n_seeds"], row["n_diverged"]) == (3, 1)


def test_every_run_is_counted_under_its_status(small: Sweep) -> None:
    counts = {arm: arm_row(small, arm) for arm in ("sgd", "adam")}
    assert (counts["sgd"]["runs.completed"], counts["sgd"]["runs.diverged"]) == (11, 1)
    assert (counts["adam"]["runs.completed"], counts["adam"]["runs.diverged"]) == (11, 1)
    assert counts["sgd"]["runs.pruned"] == counts["sgd"]["runs.failed"] == 0


def test_runs_without_a_result_are_counted_too(tmp_path: Path) -> None:
    rows: list[Row] = [
        *(row for row in TUNE if row[2] != 2),
        ("tune", "sgd", 2, 0, "pruned"),
        ("tune", "sgd", 2, 1, "failed"),
    ]
    sweep = load_sweep(write_sweep(tmp_path, rows=[*rows, *CONFIRM, *DEFAULT]))
    row = arm_row(sweep, "sgd")
    assert (row["runs.pruned"], row["runs.failed"], row["runs.completed"]) == (1, 1, 10)
    assert (row["n_settings"], row["missing"]) == (3, "")  # setting 2 was tried, too
    assert sweep.scores.set_index(["arm", "setting"])["score"]["sgd", 2] == math.inf


def test_a_failed_seed_is_left_out_and_missing(tmp_path: Path) -> None:
    """The mean is over the other two seeds alone, with errors of 0.12 and 0.14."""
    rows = [
        (*row[:4], "failed") if row[:4] == ("confirm", "sgd", 1, 1000) else row
        for row in (*TUNE, *CONFIRM, *DEFAULT)
    ]
    sweep = load_sweep(write_sweep(tmp_path, rows=rows))
    row = arm_row(sweep, "sgd")
    assert row["test.error"] == pytest.approx(0.13)
    assert (row["n_seeds"], row["missing"]) == (2, "2 of 3 confirm seeds")
    assert row["gain_of_tuning.n_pairs"] == 2
    assert row["gain_of_tuning"] == pytest.approx((0.10 + 0.13) / 2)
    differences = differences_of(sweep).iloc[0]
    assert differences["n_pairs"] == 2
    assert differences["difference"] == pytest.approx((0.01 + 0.76) / 2)


def test_the_gain_of_tuning_is_paired_by_seed(small: Sweep) -> None:
    """The gains, default minus winner, are 0.20 - 0.10, 0.22 - 0.12 and 0.27 - 0.14."""
    row = arm_row(small, "sgd")
    deviation = math.sqrt((0.01**2 + 0.01**2 + 0.02**2) / 2)
    half = T_TWO_FREEDOMS * deviation / math.sqrt(3)
    assert row["gain_of_tuning"] == pytest.approx(0.11)
    ends = row["gain_of_tuning.low"], row["gain_of_tuning.high"]
    assert ends == pytest.approx((0.11 - half, 0.11 + half))
    # Test errors of the default: 0.20, 0.22, 0.27.
    deviation = math.sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2)
    half = T_TWO_FREEDOMS * deviation / math.sqrt(3)
    assert row["default.test.error"] == pytest.approx(0.23)
    ends = row["default.test.error.low"], row["default.test.error.high"]
    assert ends == pytest.approx((0.23 - half, 0.23 + half))
    assert (row["default.n_seeds"], row["gain_of_tuning.n_pairs"]) == (3, 3)
    assert row["default.run_ids"].split() == small.default_of("sgd")["run_id"].tolist()


def test_a_diverged_seed_may_make_a_gain_negative(small: Sweep) -> None:
    """Adam's gains, default minus winner, are 0.30 - 0.10, 0.33 - 0.13 and 0.30 - 0.90."""
    assert arm_row(small, "adam")["gain_of_tuning"] == pytest.approx((0.20 + 0.20 - 0.60) / 3)


def test_a_diverged_default_counts_as_chance(tmp_path: Path) -> None:
    """The default's errors are 0.9 and 0.22; the winner's at these seeds are 0.10 and 0.12.

    The default's third run failed and is left out.
    """
    lost = {("confirm", "sgd", -1, 1000): "diverged", ("confirm", "sgd", -1, 1002): "failed"}
    rows: list[Row] = [(*row[:4], lost.get(row[:4], row[4])) for row in DEFAULT]
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=[*TUNE, *CONFIRM, *rows])), "sgd")
    assert row["default.test.error"] == pytest.approx((CHANCE + 0.22) / 2)
    assert row["gain_of_tuning"] == pytest.approx((CHANCE - 0.10 + 0.22 - 0.12) / 2)
    assert (row["default.n_seeds"], row["default.n_diverged"]) == (2, 1)


def test_a_gain_uses_the_seeds_that_both_have(tmp_path: Path) -> None:
    left_out = {("confirm", "sgd", 1, 1000), ("confirm", "sgd", -1, 1001)}
    sweep = load_sweep(write_sweep(tmp_path, keep=lambda row: row[:4] not in left_out))
    row = arm_row(sweep, "sgd")
    assert (row["gain_of_tuning"], row["gain_of_tuning.n_pairs"]) == (pytest.approx(0.13), 1)
    assert math.isnan(row["gain_of_tuning.low"])
    assert row["missing"] == "2 of 3 confirm seeds, 2 of 3 confirm seeds of the default"


def test_an_arm_without_axes_has_no_gain(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["sgd"]["space"] = {}
    definition = make_definition(arms=arms)
    rows: list[Row] = [("tune", "sgd", 0, seed, (0.0, 0.1, 0.1)) for seed in (0, 1)]
    rows += [("confirm", "sgd", 0, seed, (0.0, 0.1, 0.2)) for seed in (1000, 1001, 1002)]
    rows += [row for row in (*TUNE, *CONFIRM, *DEFAULT) if row[1] == "adam"]
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=rows, definition=definition)), "sgd")
    assert row["test.error"] == pytest.approx(0.2)
    assert math.isnan(row["default.test.error"])
    assert math.isnan(row["gain_of_tuning"])
    assert (row["default.n_seeds"], row["gain_of_tuning.n_pairs"], row["missing"]) == (0, 0, "")


def test_test_errors_are_of_the_objectives_moment(tmp_path: Path) -> None:
    """Errors are means over epochs 1 and 2: on test 0.5, and 0.10, 0.12 or 0.14 by fresh seed."""
    sweep = load_sweep(write_sweep(tmp_path, definition=make_definition(objective=MEAN_LAST)))
    row = arm_row(sweep, "sgd")
    assert row["test.error"] == pytest.approx((0.30 + 0.31 + 0.32) / 3)
    assert row["train.error"] == pytest.approx((0.255 + 0.26 + 0.265) / 3)
    assert row["confirm.dev.error"] == pytest.approx((0.5 + 0.11) / 2)
    assert row["default.test.error"] == pytest.approx((0.35 + 0.36 + 0.385) / 3)
    assert row["tune.dev.error"] == pytest.approx((0.5 + 0.11) / 2)
    difference = differences_of(sweep).iloc[0]["difference"]
    assert difference == pytest.approx((0.0 + 0.005 + (CHANCE - 0.32)) / 3)


def test_the_setting_and_its_edge(small: Sweep) -> None:
    row = arm_row(small, "sgd")
    assert (row["setting"], row["optimizer.lr"], row["dropout.hidden"]) == (1, 1.0, 0.0)
    assert row["edge"] == "optimizer.lr high"
    assert arm_row(small, "adam")["dropout.hidden"] is None  # not in adam's space


def test_the_runs_behind_a_row(small: Sweep) -> None:
    ids = arm_row(small, "sgd")["run_ids"].split()
    assert ids == small.of("sgd", stage="confirm")["run_id"].tolist()


def test_equal_values_have_no_interval(tmp_path: Path) -> None:
    rows = [("tune", "sgd", 0, seed, (0.1, 0.2, 0.3)) for seed in (0, 1)]
    rows += [("confirm", "sgd", 0, seed, (0.1, 0.2, 0.3)) for seed in (1000, 1001, 1002)]
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=rows)), "sgd")
    assert row["test.error"] == pytest.approx(0.3)
    assert math.isnan(row["test.error.low"])


def test_a_finished_sweep_misses_nothing(small: Sweep) -> None:
    assert arm_table(small, find_winners(small))["missing"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ({("tune", "sgd", 2, 1)}, "2 of 3 settings"),
        ({("confirm", "sgd", 1, 1001)}, "2 of 3 confirm seeds"),
        ({("confirm", "sgd", 1, seed) for seed in (1000, 1001, 1002)}, "0 of 3 confirm seeds"),
        ({("confirm", "sgd", -1, 1001)}, "2 of 3 confirm seeds of the default"),
        (
            {("tune", "sgd", 0, 0), ("confirm", "sgd", 1, 1000)},
            "2 of 3 settings, 2 of 3 confirm seeds",
        ),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, left_out: set[Any], missing: str) -> None:
    sweep = load_sweep(write_sweep(tmp_path, keep=lambda row: row[:4] not in left_out))
    assert arm_row(sweep, "sgd")["missing"] == missing
    assert arm_row(sweep, "adam")["missing"] == ""


def test_seeds_of_a_former_winner_do_not_stand_for_those_of_the_winner(tmp_path: Path) -> None:
    """If a widened sweep has a new winner, fresh seeds of the former winner do not count."""
    former: list[Row] = [(*row[:2], 0, *row[3:]) for row in CONFIRM if row[1] == "sgd"]
    keep = [row for row in (*TUNE, *CONFIRM, *DEFAULT) if row[:4] != ("confirm", "sgd", 1, 1002)]
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=[*keep, *former])), "sgd")
    assert (row["setting"], row["n_seeds"]) == (1, 2)
    assert row["missing"] == "2 of 3 confirm seeds"


def test_an_arm_that_was_not_begun_keeps_its_row(tmp_path: Path) -> None:
    row = arm_row(load_sweep(write_sweep(tmp_path, keep=lambda row: row[1] == "sgd")), "adam")
    assert math.isnan(row["test.error"])
    assert (row["n_seeds"], row["runs.completed"], row["command"]) == (0, 0, "")
    nothing = "0 of 3 settings, 0 of 3 confirm seeds, 0 of 3 confirm seeds of the default"
    assert row["missing"] == nothing


def test_test_errors_of_tuning_seeds_stay_hidden_until_confirmed(tmp_path: Path) -> None:
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=TUNE)), "sgd")
    assert row["tune.dev.error"] == pytest.approx(0.11)
    assert math.isnan(row["test.error"])


def test_without_a_confirm_stage_the_tuning_seeds_are_tabulated(tmp_path: Path) -> None:
    definition = make_definition(confirm={"seeds": []})
    row = arm_row(load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition)), "sgd")
    assert row["test.error"] == pytest.approx(0.32)
    assert math.isnan(row["confirm.dev.error"])
    assert (row["stage"], row["n_seeds"], row["missing"]) == ("tune", 2, "")
    assert row["command"].endswith("seed=0")


def test_a_trial_whose_run_was_lost_is_counted(tmp_path: Path) -> None:
    """A worker that is killed between writing trials and runs leaves trials without runs."""
    folder = write_sweep(tmp_path, keep=lambda row: row[0] == "tune")
    write_sweep(tmp_path / "other", keep=lambda row: row[0] == "confirm" and row[2] == 1)
    (part,) = (tmp_path / "other" / "trials").glob("part-*.parquet")
    part.rename(folder / "trials" / part.name.replace("part-0", "part-1"))
    missing = arm_row(load_sweep(folder), "sgd")["missing"]
    assert missing == (
        "0 of 3 confirm seeds, 0 of 3 confirm seeds of the default, 3 of 9 trials have no run"
    )


def test_another_objective_names_its_column(tmp_path: Path) -> None:
    objective = {"split": "train", "metric": "loss", "moment": "best", "aggregate": "mean"}
    sweep = load_sweep(write_sweep(tmp_path, definition=make_definition(objective=objective)))
    # All train errors are 0, and losses twice the errors; ties go to the lower dev loss.
    assert arm_row(sweep, "sgd")["tune.train.loss"] == 0.0


def test_differences_are_paired_by_seed(small: Sweep) -> None:
    table = differences_of(small)
    assert table["arm"].tolist() == ["adam"]
    row = table.iloc[0]
    # The differences are 0.10 - 0.10, 0.13 - 0.12 and 0.90 - 0.14.
    differences = [0.0, 0.01, 0.76]
    mean = sum(differences) / 3
    variance = sum((each - mean) ** 2 for each in differences) / 2
    half = T_TWO_FREEDOMS * math.sqrt(variance / 3)
    assert row["difference"] == pytest.approx(mean)
    # The interval is cut at 1, the greatest difference of two error rates.
    assert mean + half > 1
    assert (row["low"], row["high"]) == pytest.approx((mean - half, 1.0))
    assert (row["baseline"], row["n_pairs"]) == ("sgd", 3)


def test_differences_use_the_seeds_that_both_have(tmp_path: Path) -> None:
    sweep = load_sweep(
        write_sweep(tmp_path, keep=lambda row: row[:4] != ("confirm", "sgd", 1, 1000))
    )
    row = differences_of(sweep).iloc[0]
    assert row["n_pairs"] == 2
    assert row["difference"] == pytest.approx((0.01 + 0.76) / 2)


def test_a_single_runs_table(tmp_path: Path) -> None:
    table = run_table(load(write_run(tmp_path)))
    assert len(table) == 6  # two moments, three splits
    last_test = table[(table["moment"] == "last") & (table["split"] == "test")].iloc[0]
    assert (last_test["error"], last_test["loss"]) == (0.03, 0.06)
    assert last_test["status"] == "completed"
