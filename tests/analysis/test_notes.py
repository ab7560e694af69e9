"""What a reader must know must be said, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.notes import notes
from analysis.sweep import Sweep
from analysis.tables import arm_table
from analysis.winners import find_winners
from tests.analysis.builders import CONFIRM, TUNE, load_sweep, make_definition, write_sweep


def notes_of(sweep: Sweep) -> str:
    winners = find_winners(sweep)
    return "\n".join(notes(sweep, winners, arm_table(sweep, winners)))


def test_a_finished_sweep(small: Sweep) -> None:
    said = notes_of(small).splitlines()
    assert len(said) == 4
    assert said[0].startswith("95% t intervals are over fresh seeds")
    assert said[1].startswith("sgd: the best optimizer.lr, 1.0, lies on the high edge")
    assert said[2] == "adam: 1 of 3 seeds count as chance (1 diverged)"
    assert said[3].startswith("differences are of test error against sgd")


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (lambda row: row[0] == "tune", "not finished (0 of 3 confirm seeds): sgd, adam"),
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
    better = [("tune", "sgd", 2, 1, (0.0, 0.01, 0.02))]  # 0.045 with seed 0's 0.08
    rows = [row for row in TUNE if row[:4] != ("tune", "sgd", 2, 1)]
    said = notes_of(load_sweep(write_sweep(tmp_path, rows=[*rows, *better, *CONFIRM])))
    assert "sgd: setting 1 was confirmed, but setting 2 has the better tuning score now" in said


def test_a_lone_arm_is_compared_with_nothing(tmp_path: Path) -> None:
    definition = make_definition(arms={"sgd": make_definition()["arms"]["sgd"]})
    folder = write_sweep(tmp_path, keep=lambda row: row[1] == "sgd", definition=definition)
    assert "differences" not in notes_of(load_sweep(folder))
