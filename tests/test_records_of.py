"""Records of earlier formats are read, reported, resumed and replayed by the present code.

``records_of/README.md`` describes these records.
"""

import csv
import dataclasses
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from rich.console import Console

from ffnn_lab.config import from_leaves, leaves, run_id, with_values
from ffnn_lab.definition import Definition, read_definition, short_hash
from ffnn_lab.records import (
    TableReader,
    read_correct,
    read_curves,
    read_directions,
    read_runs,
    read_trials,
    runs_schema,
)
from ffnn_lab.replay import main as replay
from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.reports.content import tables_of
from ffnn_lab.report.reports.report import report
from ffnn_lab.status import read_status
from tests.support.damage import published
from tests.support.exhaustive import rest
from tests.support.sweeps import work

OLD = Path(__file__).parent / "records_of" / "9b2446f"
SWEEPS = ("default", "mixed", "separable-30b585")
SEEDS = {
    ("default", "confirm"): tuple(range(1000, 1010)),
    ("separable-30b585", "tune"): (0,),
}
SINGLE = "run-2626b657df34"
IS_ALIKE = torch.__version__.startswith("2.13.0") and (
    torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
)
"""True if numbers must be equal to the bit: elsewhere rounding may differ."""


def copied(name: str, outputs: Path) -> Path:
    shutil.copytree(OLD / name, outputs / name)
    return outputs / name


def stored_definition(folder: Path) -> Definition:
    """Read a stored definition, and set two fields that move no number: no W&B, table's path."""
    definition = read_definition(folder, is_whole=True)
    assert definition is not None
    here = {"tracking.mode": "off", "task.path": str(OLD / "plants.csv")}
    arms = []
    for arm in definition.arms:
        own = {key: value for key, value in here.items() if key in leaves(arm.config)}
        arms.append(arm.with_config(with_values(arm.config, own)))
    return dataclasses.replace(definition, arms=tuple(arms))


# --- read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "n_runs", "n_trials", "n_points", "n_directions"),
    [
        ("default", 460, 460, 460 * 31 * 3, 0),
        ("mixed", 50, 50, 942, 0),
        ("separable-30b585", 15, 15, 15 * 21 * 3, 300),
        (SINGLE, 1, 0, 5 * 3, 0),
    ],
)
def test_every_row_is_read(
    name: str, n_runs: int, n_trials: int, n_points: int, n_directions: int
) -> None:
    folder = OLD / name
    runs = read_runs(folder)
    assert list(runs) == runs_schema().names
    assert len(runs) == n_runs
    assert len(read_trials(folder)) == n_trials
    assert len(read_curves(folder)) == n_points
    assert len(read_directions(folder)) == n_directions
    assert read_correct(folder).empty  # formats before the third have no such table
    columns = ["trainer.max_epochs", "run_id", "status"]
    assert TableReader(folder, "runs", columns).refresh().equals(runs[columns])


@pytest.mark.parametrize("name", [*SWEEPS, SINGLE])
def test_no_id_moved(name: str) -> None:
    runs = read_runs(OLD / name)
    for recorded, config_json in zip(runs["run_id"], runs["config_json"], strict=True):
        assert run_id(from_leaves(json.loads(config_json))) == recorded


@pytest.mark.parametrize(
    ("name", "digits"),
    [("default", "f1b60f"), ("mixed", "4e8955"), ("separable-30b585", "3eb55a")],
)
def test_no_name_of_an_ad_hoc_sweep_moved(name: str, digits: str) -> None:
    """The name has a hash of the definition, which equals that of the code of 9b2446f."""
    assert short_hash(stored_definition(OLD / name)) == digits


def test_every_status_is_there() -> None:
    counts = read_runs(OLD / "mixed")["status"].value_counts()
    assert counts.to_dict() == {"completed": 34, "failed": 12, "diverged": 2, "pruned": 2}


# --- reported ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default"])
def test_the_report_has_the_numbers_that_it_had_digit_by_digit(name: str) -> None:
    """All columns that the code of that time wrote are compared; there may be more now."""
    found = published(OLD / name)
    for path in sorted((OLD / name / "tables").glob("*.csv")):
        then = list(csv.DictReader(io.StringIO(path.read_text())))
        now = list(csv.DictReader(io.StringIO(found[path.stem])))
        assert [{key: row[key] for key in then[0]} for row in now] == then, path.stem


def test_the_tables_in_words_are_the_same() -> None:
    """Rows are compared, cell by cell, with those that the old code printed."""
    sweep = load(OLD / "default")
    assert isinstance(sweep, Sweep)
    printed = {
        " ".join(line.split())
        for line in (OLD / "default" / "printed.txt").read_text().splitlines()
    }
    sheets = {table.name: table.words for table in tables_of(Numbers(sweep))[0]}
    for name in ("arms", "settings", "gain_of_tuning", "paired_differences"):
        for row in sheets[name].astype(str).to_numpy().tolist():
            assert " ".join(" ".join(row).split()) in printed


def test_winners_and_fresh_seeds_of_other_sweeps_have_their_numbers() -> None:
    """The sweep has every status, a pruner, grown grids and the mean of the last epochs."""
    columns = ["arm", "setting", "optimizer.lr", "tune.dev.error", "test.error", "n_diverged"]
    then = pd.read_csv(OLD / "mixed" / "tables" / "arms.csv")[columns]
    now = pd.read_csv(io.StringIO(published(OLD / "mixed")["arms"]))[columns]
    pd.testing.assert_frame_equal(now, then, check_exact=True)


def test_the_tables_of_a_report_are_the_same_byte_by_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files are equal but the page, which explains more now; the cells of its tables are."""
    monkeypatch.setattr("ffnn_lab.report.reports.report.save", lambda *_, **__: [])
    folder = copied("default", tmp_path)
    then = {path.name: path.read_bytes() for path in (folder / "tables").iterdir()}
    report(folder, console=Console(file=io.StringIO()))
    now = {name: (folder / "tables" / name).read_bytes() for name in then}
    page = now.pop("report.md").decode(), then.pop("report.md").decode()
    assert now == then
    assert cells(page[0]) == cells(page[1])


def cells(page: str) -> list[list[str]]:
    """Read the rows of all tables of a page, without their headings."""
    found = []
    for block in page.split("\n\n"):
        rows = [[each.strip() for each in line.split("|")] for line in block.split("\n")]
        found += rows[2:] if block.startswith("| ") else []
    return found


def test_status_counts_them() -> None:
    status = read_status(OLD / "default")
    assert (status.state, status.n_runs, status.n_runs_asked) == ("finished", 460, 460)


# --- gone on with --------------------------------------------------------------------------------


def assert_kept(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Assert that every row that was there is still there, to the bit."""
    joined = after[after["run_id"].isin(before["run_id"])]
    keys = [key for key in ("run_id", "epoch", "split") if key in before]
    pd.testing.assert_frame_equal(
        joined.sort_values(keys, ignore_index=True),
        before.sort_values(keys, ignore_index=True),
        check_exact=True,
    )


@pytest.mark.parametrize(
    ("name", "stage", "n_new"),
    [
        rest("default", "confirm", 5 * 2),  # each arm's winner and default on one more seed
        ("separable-30b585", "tune", 5 * 3),  # each arm's draws on one more seed
    ],
)
def test_a_widened_sweep_trains_only_what_is_new(
    tmp_path: Path, name: str, stage: str, n_new: int
) -> None:
    folder = copied(name, tmp_path)
    runs, curves = read_runs(folder), read_curves(folder)
    definition = stored_definition(folder)
    changes: dict[str, Any] = {f"{stage}_seeds": (*SEEDS[name, stage], SEEDS[name, stage][-1] + 1)}
    work(tmp_path, dataclasses.replace(definition, **changes))
    assert len(read_runs(folder)) == len(runs) + n_new
    assert len(read_correct(folder)) == (n_new if stage == "confirm" else 0)
    assert_kept(runs, read_runs(folder))
    assert_kept(curves, read_curves(folder))
    assert read_status(folder).state == "finished"


def test_a_finished_sweep_trains_nothing(tmp_path: Path) -> None:
    """Failed and pruned runs are not trained again; the study is the one of that time."""
    folder = copied("mixed", tmp_path)
    runs = read_runs(folder)
    work(tmp_path, stored_definition(folder), max_failures=20)
    assert_kept(runs, read_runs(folder))
    new = set(read_runs(folder)["run_id"]) - set(runs["run_id"])
    trials = read_trials(folder)
    # If all settings of an arm failed or diverged, a rule that came later may grow its grid.
    assert set(trials.loc[trials["run_id"].isin(new), "arm"]) <= {"wild", "wide"}


# --- replayed ------------------------------------------------------------------------------------


def one_of_each() -> list[str]:
    """Return ids: one run per sweep, optimizer and status except failed, and the single run."""
    found = []
    for name in (*SWEEPS, SINGLE):
        runs = read_runs(OLD / name)
        runs = runs[runs["status"] != "failed"]
        found += runs.drop_duplicates(["optimizer.name", "status"])["run_id"].tolist()
    return found


@pytest.mark.parametrize("recorded", one_of_each())
def test_a_run_replays(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = str(OLD / "plants.csv")
    code = replay([recorded, "--outputs", str(OLD), "--table", table])
    said = capsys.readouterr().out
    assert code == 0 or not IS_ALIKE, said
    assert "its config has the id" not in said


def test_a_table_that_lies_elsewhere_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = str(read_runs(OLD / "mixed")["run_id"].iloc[0])
    assert replay([recorded, "--outputs", str(OLD)]) == 2
    assert capsys.readouterr().err.endswith("if the table has moved, add --table FILE\n")


def test_the_table_is_the_one_that_was_swept() -> None:
    recorded = read_runs(OLD / "mixed")["task.sha256"].unique().tolist()
    assert recorded == [hashlib.sha256((OLD / "plants.csv").read_bytes()).hexdigest()]
