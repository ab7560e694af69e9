"""The right setting must be reported, and its command must give it back to the last digit."""

import dataclasses
import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from analysis.sweep import Sweep
from analysis.winners import Winner, find_winners, replay_command
from tests.analysis.builders import load_sweep, make_definition, write_sweep


def test_the_best_tuning_score_wins(small: Sweep) -> None:
    winners = find_winners(small)
    assert {arm: winner.setting for arm, winner in winners.items()} == {"sgd": 1, "adam": 1}
    assert winners["sgd"].point == {"optimizer.lr": 1.0, "dropout.hidden": 0.0}
    assert winners["sgd"].rows["seed"].tolist() == [1000, 1001, 1002]
    assert winners["sgd"].stage == "confirm"


def test_an_edge_is_flagged_but_not_a_natural_bound(small: Sweep) -> None:
    winners = find_winners(small)
    assert winners["sgd"].edges == {"optimizer.lr": "high"}  # and not dropout.hidden, at 0
    assert winners["adam"].edges == {}


def test_a_setting_with_seeds_to_come_cannot_win(tmp_path: Path) -> None:
    """Setting 2 of sgd has 0.08 on its first seed, better than any mean."""
    folder = write_sweep(
        tmp_path, keep=lambda row: row[0] == "tune" and row[:4] != ("tune", "sgd", 2, 1)
    )
    winner = find_winners(load_sweep(folder))["sgd"]
    assert winner.setting == 1


def test_an_arm_without_a_complete_setting_has_no_winner(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path, keep=lambda row: row[0] == "tune" and row[3] == 0)
    assert find_winners(load_sweep(folder)) == {}


def test_test_data_wait_for_the_fresh_seeds(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path, keep=lambda row: row[0] == "tune")
    winner = find_winners(load_sweep(folder))["sgd"]
    assert (winner.setting, winner.stage, len(winner.rows)) == (1, "", 0)


def test_without_fresh_seeds_the_tuning_seeds_are_reported(tmp_path: Path) -> None:
    definition = make_definition(confirm={"seeds": []})
    folder = write_sweep(tmp_path, keep=lambda row: row[0] == "tune", definition=definition)
    winner = find_winners(load_sweep(folder))["sgd"]
    assert (winner.stage, winner.rows["seed"].tolist()) == ("tune", [0, 1])


def test_what_was_confirmed_stays_reported(tmp_path: Path) -> None:
    """Had setting 0 been confirmed before setting 1 was tried, its fresh seeds are what counts."""
    rows = [
        ("tune", "sgd", 0, 0, (0.0, 0.10, 0.11)),
        ("tune", "sgd", 0, 1, (0.0, 0.20, 0.21)),
        ("tune", "sgd", 1, 0, (0.0, 0.10, 0.31)),
        ("tune", "sgd", 1, 1, (0.0, 0.12, 0.33)),
        ("confirm", "sgd", 0, 1000, (0.0, 0.15, 0.16)),
    ]
    winner = find_winners(load_sweep(write_sweep(tmp_path, rows=rows)))["sgd"]
    assert (winner.setting, len(winner.rows)) == (0, 1)


def test_the_command_trains_the_first_fresh_seed(small: Sweep) -> None:
    assert replay_command(small, find_winners(small)["sgd"]) == (
        "python -m ffnn_lab.run optimizer=sgd trainer.max_epochs=2 "
        "optimizer.lr=1.0 dropout.hidden=0.0 seed=1000"
    )


@pytest.mark.parametrize(
    "value", [0.1 + 0.2, 1e-05, 1.2345678901234567e-300, 64, None, True, [64, 32], [], "he_normal"]
)
def test_the_command_gives_values_back_to_the_last_digit(small: Sweep, value: object) -> None:
    winner = dataclasses.replace(find_winners(small)["sgd"], point={"a.key": value})
    words = shlex.split(replay_command(small, winner))
    override = OverridesParser.create().parse_override(words[-2])
    assert override.key_or_group == "a.key"
    assert override.value() == value
    assert type(override.value()) is type(value)


def test_winners_are_worked_out_per_arm(small: Sweep) -> None:
    winners: dict[str, Winner] = find_winners(small)
    assert list(winners) == ["sgd", "adam"]
