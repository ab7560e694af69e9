"""The best setting must be reported, and its command repeat its values to the last digit."""

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from ffnn_lab.records import DEFAULT_SETTING
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner, find_winners, replay_command, setting_values
from ffnn_lab.report.measures.tables import arm_table
from ffnn_lab.report.text.notes import notes
from tests.support.report.arm_builders import Built, make_arm_sweep
from tests.support.report.builders import (
    CONFIRM,
    TUNE,
    Row,
    load_sweep,
    make_definition,
    write_sweep,
)


def test_the_best_tuning_score_wins(small: Sweep) -> None:
    winners = find_winners(small)
    assert {arm: winner.setting for arm, winner in winners.items()} == {"sgd": 1, "adam": 1}
    assert winners["sgd"].point == {"optimizer.lr": 1.0, "dropout.hidden": 0.0}
    assert winners["sgd"].rows["seed"].tolist() == [1000, 1001, 1002]
    assert winners["sgd"].stage == "confirm"


def test_an_edge_is_flagged_but_not_a_natural_bound(small: Sweep) -> None:
    winners = find_winners(small)
    assert winners["sgd"].edges == {"optimizer.lr": "high"}  # 0 is dropout's natural bound
    assert winners["adam"].edges == {}


def test_a_setting_with_seeds_to_come_cannot_win(tmp_path: Path) -> None:
    """Setting 2 of sgd has an error of 0.08 on its only finished seed, better than any mean."""
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
    """Setting 0 stays the winner if it was confirmed before the better setting 1 was tried."""
    rows = [
        ("tune", "sgd", 0, 0, (0.0, 0.10, 0.11)),
        ("tune", "sgd", 0, 1, (0.0, 0.20, 0.21)),
        ("tune", "sgd", 1, 0, (0.0, 0.10, 0.31)),
        ("tune", "sgd", 1, 1, (0.0, 0.12, 0.33)),
        ("confirm", "sgd", 0, 1000, (0.0, 0.15, 0.16)),
    ]
    winner = find_winners(load_sweep(write_sweep(tmp_path, rows=rows)))["sgd"]
    assert (winner.setting, len(winner.rows)) == (0, 1)


def test_the_untuned_default_never_wins(tmp_path: Path) -> None:
    """The default cannot win, although it is confirmed and has no error at all on fresh seeds."""
    perfect: list[Row] = [
        ("confirm", arm, DEFAULT_SETTING, seed, (0.0, 0.0, 0.0))
        for arm in ("sgd", "adam")
        for seed in (1000, 1001, 1002)
    ]
    folder = write_sweep(tmp_path / "both", rows=[*TUNE, *perfect, *CONFIRM])
    winners = find_winners(load_sweep(folder))
    assert {arm: winner.setting for arm, winner in winners.items()} == {"sgd": 1, "adam": 1}
    assert (winners["sgd"].rows["setting"] == 1).all()
    # As long as the winner has no runs on fresh seeds, no other runs are reported in their place.
    winners = find_winners(load_sweep(write_sweep(tmp_path / "one", rows=[*TUNE, *perfect])))
    assert (winners["sgd"].setting, winners["sgd"].stage, len(winners["sgd"].rows)) == (1, "", 0)


def test_the_default_was_not_tried_as_a_setting(tmp_path: Path) -> None:
    """The default's learning rate of 5 does not count: the winner's 1 is on the high edge."""
    arms = make_definition()["arms"]
    arms["sgd"]["space"] = {"optimizer.lr": {"kind": "choice", "values": [0.1, 0.3, 1.0]}}
    folder = write_sweep(tmp_path, definition=make_definition(arms=arms))
    assert find_winners(load_sweep(folder))["sgd"].edges == {"optimizer.lr": "high"}


def test_an_arm_without_axes_is_its_own_default(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["sgd"]["space"] = {}
    rows: list[Row] = [("tune", "sgd", 0, 0, (0.0, 0.1, 0.1)), ("tune", "sgd", 0, 1, "failed")]
    rows += [("confirm", "sgd", 0, seed, (0.0, 0.1, 0.1)) for seed in (1000, 1001, 1002)]
    folder = write_sweep(tmp_path, rows=rows, definition=make_definition(arms=arms))
    winner = find_winners(load_sweep(folder))["sgd"]
    assert (winner.setting, winner.stage, winner.edges, winner.point) == (0, "confirm", {}, {})


@pytest.mark.parametrize("status", ["pruned", "failed"])
def test_a_setting_without_all_results_cannot_win(tmp_path: Path, status: str) -> None:
    """Setting 1 of sgd would win, but one of its two runs has no result; so setting 0 wins."""
    rows = [
        (*row[:4], status) if row[:4] == ("tune", "sgd", 1, 0) else row  # its better seed
        for row in TUNE
    ]
    assert find_winners(load_sweep(write_sweep(tmp_path, rows=rows)))["sgd"].setting == 0


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


GAIN = "initializer.gain"
LOW = {GAIN: "low"}


def tied(folder: Path, *, scores: Sequence[float], losses: Sequence[float]) -> Winner:
    """Find the winner of the gains 0.5, 1 and 2 with these dev errors and dev losses."""
    runs = [
        [(2.0, 0.9, 0.9, 0.9), (loss, 0.0, score, 0.1)]
        for score, loss in zip(scores, losses, strict=True)
    ]
    arm = Built(
        scores=scores,
        tune=runs,
        settings=[{"initializer.gain": gain} for gain in (0.5, 1.0, 2.0)],
        space={"initializer.gain": {"kind": "choice", "values": [0.5, 1.0, 2.0]}},
    )
    return find_winners(make_arm_sweep(folder, {"sgd": arm}))["sgd"]


@pytest.mark.parametrize(
    ("scores", "losses", "setting", "edges", "n_alike", "plateaus"),
    [
        # Equal in error and loss: the first setting is reported, and its edge does not count.
        ([0.3, 0.3, 0.3], [1.0, 1.0, 1.0], 0, {}, 2, {}),
        ([0.3, 0.3, 0.4], [1.0, 1.0, 1.0], 0, {}, 1, {}),
        # Dev loss alone decides between the edge and the setting inside, which is flagged.
        (
            [0.3, 0.3, 0.4],
            [0.9, 1.0, 1.0],
            0,
            LOW,
            0,
            {GAIN: True},
        ),
        # Both edges are equal: the tied setting is not inside, but on the other edge.
        ([0.3, 0.4, 0.3], [1.0, 1.0, 1.0], 0, {}, 1, {}),
        (
            [0.2, 0.3, 0.3],
            [1.0, 1.0, 1.0],
            0,
            LOW,
            0,
            {GAIN: False},
        ),
        ([0.3, 0.2, 0.3], [1.0, 1.0, 1.0], 1, {}, 0, {}),
    ],
)
def test_a_tie_is_no_edge(
    tmp_path: Path,
    scores: Sequence[float],
    losses: Sequence[float],
    setting: int,
    edges: dict[str, str],
    n_alike: int,
    plateaus: dict[str, bool],
) -> None:
    winner = tied(tmp_path / "ties", scores=scores, losses=losses)
    assert (winner.setting, winner.edges, winner.n_alike) == (setting, edges, n_alike)
    assert winner.is_plateau == plateaus


def test_ties_are_told(tmp_path: Path) -> None:
    winner = tied(tmp_path / "all", scores=[0.3] * 3, losses=[1.0] * 3)
    sweep = load_sweep(tmp_path / "all")
    said = notes(sweep, {"sgd": winner}, arm_table(sweep, {"sgd": winner}))
    assert (
        "sgd: no setting is best, for all 3 settings that completed have the same score; setting "
        "0 stands for all of them" in said
    )
    tied(tmp_path / "loss", scores=[0.3, 0.3, 0.4], losses=[0.9, 1.0, 1.0])
    sweep = load_sweep(tmp_path / "loss")
    found = find_winners(sweep)
    assert any(
        line.endswith("one inside scores the same, and dev loss alone chose it")
        for line in notes(sweep, found, arm_table(sweep, found))
    )


def test_settings_are_told_by_their_axes_or_by_other_keys(small: Sweep) -> None:
    """The value of a hyperparameter that the optimizer does not have is None."""
    values = setting_values(small, "sgd")
    assert values[1] == {"optimizer.lr": 1.0, "dropout.hidden": 0.0}
    keys = ["optimizer.lr", "optimizer.name", "optimizer.beta1"]
    told = setting_values(small, "sgd", keys)
    assert told.keys() == values.keys()
    assert told[1] == {"optimizer.lr": 1.0, "optimizer.name": "sgd", "optimizer.beta1": None}
