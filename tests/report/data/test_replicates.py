"""The reported runs of all replicates must be those of each replicate, taken one by one."""

from pathlib import Path

from ffnn_lab.report.data.replicates import reported_rows
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from tests.support.report.builders import (
    CONFIRM,
    DEFAULT,
    TUNE,
    Last,
    Row,
    load_sweep,
    write_sweep,
)
from tests.support.report.replicated import write_replicated


def of_winners(sweep: Sweep) -> list[str]:
    return [
        run_id
        for replicate in sweep.replicates
        for winner in find_winners(replicate).values()
        for run_id in winner.rows["run_id"]
    ]


def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
    """Return errors by which the confirmed setting wins; adam's runs of replicate 2 diverge."""
    if replicate == 2 and arm == "adam" and seed:
        return "diverged"
    return (0.0, 0.1 if setting == replicate % 2 else 0.2, 0.01 * (replicate + setting + 2))


def test_the_winners_of_all_replicates_are_found_at_once(tmp_path: Path) -> None:
    sweep = load_sweep(write_replicated(tmp_path, came, n_replicates=4))
    found = reported_rows(sweep)
    assert found["run_id"].tolist() == of_winners(sweep)
    assert found["setting"].tolist() == [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4
    assert found["arm"].tolist() == ["sgd", "sgd", "adam", "adam"] * 4


def test_so_are_those_of_a_sweep_without_replicates(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path))
    assert reported_rows(sweep)["run_id"].tolist() == of_winners(sweep)


def test_of_two_confirmed_settings_the_better_one_is_reported(tmp_path: Path) -> None:
    other: list[Row] = [("confirm", "adam", 2, seed, (0.0, 0.1, 0.1)) for seed in (1000, 1001)]
    sweep = load_sweep(write_sweep(tmp_path, rows=[*TUNE, *CONFIRM, *DEFAULT, *other]))
    found = reported_rows(sweep)
    assert set(found.loc[found["arm"] == "adam", "setting"]) == {1}
    assert found["run_id"].tolist() == of_winners(sweep)


def test_test_data_wait_for_the_fresh_seeds(tmp_path: Path) -> None:
    sweep = load_sweep(write_sweep(tmp_path, keep=lambda row: row[0] == "tune"))
    assert reported_rows(sweep).empty
    assert of_winners(sweep) == []
