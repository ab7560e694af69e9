"""Records that cannot be reported must be refused with a message that gives the reason."""

from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.definition import read_sealed, write_sealed
from ffnn_lab.records import RecordError
from ffnn_lab.report.data.rows import predicts_numbers, results
from ffnn_lab.report.data.sweep import Sweep, load
from tests.support.definitions import write_stored
from tests.support.report.builders import (
    CHANCE,
    MEAN_LAST,
    TUNE,
    Row,
    load_sweep,
    make_definition,
    write_run,
    write_sweep,
)


def test_every_trial_has_its_run(small: Sweep) -> None:
    assert len(small.rows) == len(small.trials) == 24
    assert small.of("sgd", stage="confirm")["seed"].tolist() == [1000, 1001, 1002]
    assert len(small.runs_of("sgd")) == 12


def test_the_default_is_no_setting(small: Sweep) -> None:
    assert set(small.of("sgd")["setting"]) == {0, 1, 2}
    default = small.default_of("sgd")
    assert default["setting"].tolist() == [-1, -1, -1]
    assert default["seed"].tolist() == [1000, 1001, 1002]
    assert set(small.scores["setting"]) == {0, 1, 2}


def test_a_mean_of_the_last_epochs_is_worked_out_from_the_curves(tmp_path: Path) -> None:
    """Errors of 0.5 at epoch 1 and 0.1 at epoch 2 make 0.3; a diverged run counts as chance."""
    sweep = load_sweep(write_sweep(tmp_path, definition=make_definition(objective=MEAN_LAST)))
    runs = sweep.rows.set_index(["stage", "arm", "setting", "seed"])["mean_last.dev.error"]
    assert runs["tune", "sgd", 0, 0] == pytest.approx(0.3)
    scores = sweep.scores.set_index(["arm", "setting"])["score"]
    assert scores["sgd", 0] == pytest.approx((0.3 + 0.35) / 2)
    assert scores["sgd", 2] == pytest.approx((0.29 + CHANCE) / 2)


def test_results_are_of_runs_that_were_not_cut_short(tmp_path: Path) -> None:
    rows: list[Row] = [
        ("tune", "sgd", 0, 0, (0.0, 0.1, 0.2)),
        ("tune", "sgd", 0, 1, "diverged"),
        ("tune", "sgd", 1, 0, "pruned"),
        ("tune", "sgd", 1, 1, "failed"),
    ]
    found = results(load_sweep(write_sweep(tmp_path, rows=rows)).rows)
    assert found["status"].tolist() == ["completed", "diverged"]


def test_one_run_may_serve_two_arms(tmp_path: Path) -> None:
    """A run that is listed in both stages is one run, and counts in each stage."""
    rows = [
        ("tune", "sgd", 0, 0, (0.0, 0.1, 0.2)),
        ("confirm", "sgd", 0, 0, (0.0, 0.1, 0.2)),
    ]
    sweep = load_sweep(write_sweep(tmp_path, rows=rows))
    assert (len(sweep.runs), len(sweep.rows)) == (1, 2)


def test_a_single_run_is_no_sweep(tmp_path: Path) -> None:
    records = load(write_run(tmp_path / "run-0"))
    assert not isinstance(records, Sweep)
    assert len(records.runs) == 1


@pytest.mark.parametrize(
    ("protocol", "n_settings", "n_asked"),
    [
        ("tpe", 16, {"sgd": 16, "adam": 3}),  # adam has three choices and no more
        ("tpe", 2, {"sgd": 2, "adam": 2}),
        ("grid", 2, {"sgd": 2, "adam": 3}),
    ],
)
def test_the_number_of_settings_asked_for(
    tmp_path: Path, protocol: str, n_settings: int, n_asked: dict[str, int]
) -> None:
    definition = make_definition(protocol={"name": protocol, "n_settings": n_settings})
    sweep = load_sweep(write_sweep(tmp_path, definition=definition))
    assert {arm: sweep.n_asked(arm) for arm in sweep.arms} == n_asked


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    write_stored(tmp_path, make_definition())
    with pytest.raises(RecordError, match="has no records"):
        load(tmp_path)


def test_a_sweep_without_its_definition_is_refused(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path)
    (folder / "definition.json").unlink()
    with pytest.raises(RecordError, match=r"no definition\.json"):
        load(folder)


@pytest.mark.parametrize("part", ["arms", "objective", "protocol", "tune"])
def test_a_definition_that_lacks_a_part_is_refused(tmp_path: Path, part: str) -> None:
    folder = write_sweep(tmp_path)
    contents = read_sealed(folder / "definition.json")
    del contents[part]
    write_sealed(folder / "definition.json", contents)
    with pytest.raises(RecordError, match=rf"cannot be read \({part} is missing\)"):
        load(folder)


def test_names_that_differ_in_how_a_sign_is_written_are_refused(tmp_path: Path) -> None:
    space = {"optimizer.lr": {"kind": "choice", "values": [0.1]}}
    arms = {name: {"overrides": [], "space": space} for name in ("a\n", "a\\n")}
    folder = write_sweep(tmp_path, rows=TUNE[:1], definition=make_definition(arms=arms))
    with pytest.raises(RecordError, match="two arms whose names differ in how a sign is written"):
        load(folder)


def test_a_kind_says_what_is_predicted_and_else_the_chance_error() -> None:
    kinds = ["regression", "classification", "auto", "auto", None, None]
    runs = pd.DataFrame({"chance_error": [0.5, 1.0, 1.0, 0.5, 1.0, 0.9], "task.kind": kinds})
    assert predicts_numbers(runs).tolist() == [True, False, True, False, True, False]
    unknown = runs.drop(columns="task.kind")
    assert predicts_numbers(unknown).tolist() == [False, True, True, False, True, False]
