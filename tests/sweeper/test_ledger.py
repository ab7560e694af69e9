"""One worker's knowledge of the records, which it reads part by part."""

from dataclasses import replace
from pathlib import Path

import pytest

from ffnn_lab.config import partition_key, run_id, with_values
from ffnn_lab.definition import Definition
from ffnn_lab.records import TrialRow, read_runs, read_trials
from ffnn_lab.scores import setting_scores
from ffnn_lab.sweeper.ledger import Ledger
from ffnn_lab.sweeper.units import Planned, Unit
from tests.support.sweeps import make_definition, work

DEFINITION = make_definition("grid", confirm_seeds=())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of three learning rates for each of two arms."""
    return work(tmp_path_factory.mktemp("outputs"), DEFINITION)


def unit_of(definition: Definition, setting: int, lr: float) -> Unit:
    """Plan the runs of a setting of the first arm, with a given learning rate."""
    arm, *_ = definition.arms
    unit = []
    for seed in definition.tune_seeds:
        config = with_values(arm.config, {"optimizer.lr": lr, "seed": seed})
        row = TrialRow("tune", arm.name, setting, seed, run_id(config))
        unit.append(Planned(row, config, partition_key(config)))
    return unit


def test_nothing_is_known_before_a_look(folder: Path) -> None:
    ledger = Ledger(DEFINITION, folder)
    unit = unit_of(DEFINITION, 0, 0.01)
    assert ledger.missing(unit) == unit
    ledger.refresh()
    assert ledger.missing(unit) == []
    assert set(ledger.recorded) == set(read_runs(folder)["run_id"])
    assert len(ledger.noted) == len(read_trials(folder)) == 12
    assert ledger.n_failed == 0


def test_a_run_is_missing_until_it_is_recorded(folder: Path) -> None:
    ledger = Ledger(DEFINITION, folder)
    ledger.refresh()
    more = replace(DEFINITION, tune_seeds=(*DEFINITION.tune_seeds, 2))
    unit = unit_of(more, 0, 0.01)
    assert [planned.row.seed for planned in ledger.missing(unit)] == [2]
    assert not ledger.is_recorded(unit[2].run_id)


def test_a_recorded_run_is_noted_once_for_each_setting_that_it_serves(folder: Path) -> None:
    ledger = Ledger(DEFINITION, folder)
    ledger.refresh()
    known, same = unit_of(DEFINITION, 0, 0.01), unit_of(DEFINITION, 7, 0.01)
    unknown = unit_of(DEFINITION, 8, 0.5)
    units = [known, same, unknown]
    found = ledger.known_but_not_noted(units)
    assert found == {planned.run_id for planned in same}
    assert ledger.rows_to_note(units, found) == [planned.row for planned in same]
    assert ledger.rows_to_note(units, found) == []
    assert ledger.known_but_not_noted(units) == set()


def test_settings_score_as_the_report_scores_them(folder: Path) -> None:
    ledger = Ledger(DEFINITION, folder)
    ledger.refresh()
    units = [unit_of(DEFINITION, number, lr) for number, lr in enumerate((0.01, 0.1, 1.0))]
    found, value_of = ledger.scores_of(units)
    runs, trials = read_runs(folder), read_trials(folder)
    table = setting_scores(runs, trials, stage="tune", objective=DEFINITION.objective)
    expected = table[table["arm"] == "sgd"].set_index("setting")["score"].to_dict()
    assert {number: row["score"] for (_, number), row in found.items()} == expected
    assert value_of == {
        planned.run_id: runs.set_index("run_id").loc[planned.run_id, "last.dev.error"]
        for unit in units
        for planned in unit
    }
