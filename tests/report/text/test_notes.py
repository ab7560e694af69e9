"""Notes must mention all that a reader needs to know, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.tables import arm_table
from ffnn_lab.report.text.notes import about_failed, notes
from tests.support.report.builders import (
    CONFIRM,
    DEFAULT,
    MEAN_LAST,
    TUNE,
    Last,
    Row,
    load_sweep,
    make_definition,
    write_sweep,
)


def notes_of(sweep: Sweep) -> str:
    winners = find_winners(sweep)
    return "\n".join(notes(sweep, winners, arm_table(sweep, winners)))


def test_a_finished_sweep(small: Sweep) -> None:
    said = notes_of(small).splitlines()
    assert len(said) == 7
    assert said[0].startswith("95% t intervals are over fresh seeds")
    assert "hold each arm's setting fixed, as this one tuning chose it" in said[0]
    assert said[1].startswith("sgd: the best optimizer.lr, 1.0, lies on the high edge")
    assert said[2] == "adam: 1 of 3 seeds count as chance (1 diverged)"
    assert said[3].startswith("differences are of test error, one arm minus another at equal")
    assert "adjusted over the 1 contrast declared beforehand" in said[4]
    assert said[5] == (
        "with 3 seeds, p cannot be less than 0.25, however clear the difference; 0.05 takes 6 "
        "seeds or more; hydra.sweeper.confirm.n_seeds sets their number"
    )
    assert said[6].startswith("a gain of tuning is the test error of the arm's untuned default")


def sgd_tuned_to(*settings: Last) -> list[Row]:
    """Return rows of sgd's learning rates 0.1, 1 and 0.3, each with one result for both seeds."""
    return [("tune", "sgd", n, seed, last) for n, last in enumerate(settings) for seed in (0, 1)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            sgd_tuned_to((0.0, 0.3, 0.3), "diverged", (0.0, 0.1, 0.1)),
            "the best optimizer.lr, 0.3, lies on the high edge of what completed, for what was "
            "tried beyond it diverged or failed; a better one may lie beyond",
        ),
        (
            sgd_tuned_to((0.0, 0.3, 0.3), (0.0, 0.1, 0.1), "diverged"),
            "the best optimizer.lr, 1.0, lies on the high edge of what was searched; a better one",
        ),
        (
            sgd_tuned_to("diverged", "diverged", "diverged"),
            "no setting is best, for every run of every setting diverged; setting 0 stands for",
        ),
        (
            sgd_tuned_to((0.0, 0.1, 0.1), (0.0, 0.1, 0.1), "diverged"),
            "no setting is best, for all 2 settings that completed have the same score; setting 0",
        ),
    ],
)
def test_an_edge_beside_what_diverged_and_a_best_that_is_none(
    tmp_path: Path, rows: list[Row], said: str
) -> None:
    found = notes_of(load_sweep(write_sweep(tmp_path, rows=rows))).splitlines()
    (line,) = [each for each in found if each.startswith(("sgd: the best", "sgd: no setting"))]
    assert line.startswith(f"sgd: {said}")


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (
            lambda row: row[0] == "tune",
            "not finished (0 of 3 confirm seeds, 0 of 3 confirm seeds of the default): sgd, adam",
        ),
        (
            lambda row: row[:4] != ("confirm", "adam", -1, 1000),
            "not finished (2 of 3 confirm seeds of the default): adam",
        ),
        (lambda row: row[1] == "sgd", "adam: none is best yet"),
        (lambda row: row[:4] != ("tune", "sgd", 0, 0), "not finished (2 of 3 settings): sgd"),
    ],
)
def test_an_unfinished_sweep(tmp_path: Path, keep: Callable[[Any], bool], said: str) -> None:
    assert said in notes_of(load_sweep(write_sweep(tmp_path, keep=keep)))


def test_seeds_that_chose_and_report_are_called_so(tmp_path: Path) -> None:
    definition = make_definition(confirm={"seeds": []})
    said = notes_of(load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition)))
    assert "the same seeds chose the settings" in said
    assert "fresh" not in said


def test_a_better_setting_than_the_confirmed_one(tmp_path: Path) -> None:
    better = [("tune", "sgd", 2, 1, (0.0, 0.01, 0.02))]  # a mean of 0.045 with seed 0's 0.08
    rows = [row for row in TUNE if row[:4] != ("tune", "sgd", 2, 1)]
    said = notes_of(load_sweep(write_sweep(tmp_path, rows=[*rows, *better, *CONFIRM])))
    assert "sgd: setting 1 was confirmed, but setting 2 has the better tuning score now" in said


def test_runs_without_a_result_are_told_with_the_reason(tmp_path: Path) -> None:
    rows: list[Row] = [
        *(row for row in TUNE if row[:3] != ("tune", "sgd", 2)),
        ("tune", "sgd", 2, 0, "pruned"),
        ("tune", "sgd", 2, 1, "failed"),
        *(row for row in CONFIRM if row[:4] != ("confirm", "sgd", 1, 1001)),
        ("confirm", "sgd", 1, 1001, "failed"),
        *DEFAULT,
    ]
    sweep = load_sweep(write_sweep(tmp_path, rows=rows))
    failed = sweep.runs.loc[sweep.runs["status"] == "failed", "run_id"].tolist()
    said = notes_of(sweep).splitlines()
    reason = "MemoryError: no room for 64 nets"
    assert f"sgd: 2 runs failed ({reason}), {failed[0]} for one" in said
    assert any(line.startswith("sgd: 1 run pruned before the last epoch") for line in said)
    assert "sgd: 1 of 3 seeds have no result and are left out" in said
    assert "not finished (2 of 3 confirm seeds): sgd" in said
    assert not any("adam" in line and "failed" in line for line in said)


def test_seeds_of_the_default_that_count_as_chance_are_told(tmp_path: Path) -> None:
    """Such seeds count in the default's error, and in the gain of tuning."""
    lost = {("confirm", "sgd", -1, 1000): "diverged", ("confirm", "sgd", -1, 1002): "failed"}
    rows: list[Row] = [(*row[:4], lost.get(row[:4], row[4])) for row in DEFAULT]
    said = notes_of(load_sweep(write_sweep(tmp_path, rows=[*TUNE, *CONFIRM, *rows]))).splitlines()
    assert "sgd: 1 of 3 seeds of the default count as chance (1 diverged)" in said
    assert "sgd: 1 of 3 seeds of the default have no result and are left out" in said
    assert "not finished (2 of 3 confirm seeds of the default): sgd" in said


def test_each_reason_of_failing_is_told_once() -> None:
    tracebacks = ["Traceback\nOSError: full\n\n", "OSError: full", None, "KeyError: 'a'\n", None]
    statuses = [*["failed"] * 4, "completed"]
    runs = pd.DataFrame({"run_id": list("abcde"), "status": statuses, "traceback": tracebacks})
    assert about_failed(runs, of="x") == [
        "x: 2 runs failed (OSError: full), a for one",
        "x: 1 run failed (without a traceback), c for one",
        "x: 1 run failed (KeyError: 'a'), d for one",
    ]
    assert about_failed(runs.iloc[4:], of="x") == []


def test_a_winner_for_want_of_a_better_one(tmp_path: Path) -> None:
    rows: list[Row] = [("tune", "sgd", 0, 0, "pruned"), ("tune", "sgd", 0, 1, (0.0, 0.1, 0.1))]
    said = notes_of(load_sweep(write_sweep(tmp_path, rows=rows)))
    assert "sgd: setting 0 is reported though a run of it was pruned or failed" in said


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        (MEAN_LAST, "errors are means over the last 2 measured epochs of each run"),
        ({**MEAN_LAST, "n_last": 1}, "errors are means over the last 1 measured epoch of each"),
        ({**MEAN_LAST, "moment": "best"}, "errors are those at each run's epoch of lowest dev"),
    ],
)
def test_a_moment_other_than_the_last_epoch_is_told(
    tmp_path: Path, objective: dict[str, object], said: str
) -> None:
    folder = write_sweep(tmp_path, definition=make_definition(objective=objective))
    assert said in notes_of(load_sweep(folder))


def test_a_lone_arm_is_compared_with_nothing(tmp_path: Path) -> None:
    definition = make_definition(arms={"sgd": make_definition()["arms"]["sgd"]})
    folder = write_sweep(tmp_path, keep=lambda row: row[1] == "sgd", definition=definition)
    assert "differences" not in notes_of(load_sweep(folder))
