"""Published records must be small, and give the same report as the whole records."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from rich.console import Console

from ffnn_lab.definition.sealed import read_sealed
from ffnn_lab.records import read_correct, read_curves, read_runs, read_trials
from ffnn_lab.records.read import read_table
from ffnn_lab.report.claims.declaration import claim_hashes, declare, when_declared
from ffnn_lab.report.data.measured import read_measured, write_measured
from ffnn_lab.report.data.sweep import load
from ffnn_lab.report.measures.numbers import Numbers
from ffnn_lab.report.measures.tuned_errors import component_table, tuned_errors
from ffnn_lab.report.reports.content import tables_of
from ffnn_lab.report.reports.publish import (
    PublishError,
    definition_without_places,
    publish,
    runs_without_places,
)
from ffnn_lab.report.reports.report import report
from tests.support.report.builders import (
    MEAN_LAST,
    Last,
    load_sweep,
    make_definition,
    write_run,
    write_sweep,
)
from tests.support.report.replicated import write_replicated

OLD = Path(__file__).parents[2] / "records_of" / "9b2446f" / "default"


def test_every_run_is_kept_and_the_curves_of_those_that_are_reported(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "small")
    published = publish(folder, tmp_path / "published")
    assert published.remark == ""
    paths = published.paths
    assert [path.parent.name for path in paths] == ["curves", "published", "runs", "trials"]
    assert len(read_runs(tmp_path / "published")) == len(read_runs(folder))
    assert len(read_trials(tmp_path / "published")) == len(read_trials(folder))
    trials = read_trials(folder)
    fresh = set(trials.loc[trials["stage"] == "confirm", "run_id"])
    assert set(read_curves(tmp_path / "published")["run_id"]) == fresh


@pytest.mark.usefixtures("_no_pictures")
def test_records_of_9b2446f_give_their_tables_when_published(tmp_path: Path) -> None:
    """460 runs take less than 400 kB; tables are the same in every digit, and figures are made."""
    paths = publish(OLD, tmp_path / "there" / "default").paths
    assert sum(path.stat().st_size for path in paths) < 400_000
    whole, _ = tables_of(Numbers(load(OLD)))
    part, _ = tables_of(Numbers(load(tmp_path / "there" / "default")))
    for before, after in zip(whole, part, strict=True):
        assert after.words.equals(before.words), before.name
    report(tmp_path / "there" / "default", console=Console(file=io.StringIO()))
    figures = {path.name for path in (tmp_path / "there" / "default" / "figures").glob("*.csv")}
    assert {"learning_curves.csv", "error_against_lr.csv", "train_test_gap.csv"} <= figures


def came(replicate: int, arm: str, setting: int, seed: int) -> Last:
    """Return errors by which the confirmed setting wins; test errors vary with all arguments."""
    error = 0.001 * (1 + 10 * replicate + 3 * setting + seed % 1000 + len(arm))
    return (0.0, 0.1 if setting == replicate % 2 else 0.2, error)


def test_of_replicates_the_winners_of_each_are_published(tmp_path: Path) -> None:
    folder = write_replicated(tmp_path / "several", came, n_replicates=3)
    published = publish(folder, tmp_path / "published")
    assert published.remark == ""
    trials = read_trials(folder)
    fresh = set(trials.loc[trials["stage"] == "confirm", "run_id"])
    assert len(fresh) == 3 * 2 * 2 * 2
    assert set(read_curves(tmp_path / "published")["run_id"]) == fresh


def test_answers_are_published_in_few_bytes(tmp_path: Path) -> None:
    """24 runs with 10,000 answers each take little more than 1250 bytes per run.

    The answers are random, so that no compression makes them shorter. The statistics of a file
    have its least and its greatest value, and so add the bytes of a few runs.
    """

    def wrong(replicate: int, arm: str, setting: int, seed: int) -> NDArray[np.bool_]:
        return np.random.default_rng([replicate, len(arm), setting + 1, seed]).random(10_000) < 0.5

    folder = write_replicated(tmp_path / "several", came, n_replicates=3, wrong=wrong)
    published = publish(folder, tmp_path / "published")
    (part,) = [path for path in published.paths if path.parent.name == "correct"]
    assert 24 * 1250 < part.stat().st_size < (24 + 6) * 1250
    assert read_correct(tmp_path / "published").equals(read_correct(folder))
    whole, again = (
        Numbers(load_sweep(place)).differences for place in (folder, tmp_path / "published")
    )
    assert again.equals(whole)
    assert whole["share.test_set"].notna().any()


def test_curves_are_left_out_where_they_are_too_many(tmp_path: Path) -> None:
    folder = write_replicated(tmp_path / "several", came, n_replicates=3)
    published = publish(folder, tmp_path / "published", most_curves=23)
    assert published.remark == (
        "no curves are published: 24 runs are reported, and curves are published for at most 23"
    )
    assert [path.parent.name for path in published.paths] == ["published", "runs", "trials"]
    whole, part = load_sweep(folder), load_sweep(tmp_path / "published")
    assert tuned_errors(part).equals(tuned_errors(whole))
    assert component_table(part).equals(component_table(whole))


def test_measured_tables_are_published(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "small")
    write_measured(folder, "mine", pd.DataFrame({"arm": ["sgd"]}))
    publish(folder, tmp_path / "published")
    assert read_measured(tmp_path / "published", "mine")["arm"].tolist() == ["sgd"]


def test_what_cannot_be_published_is_said(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="holds a single run"):
        publish(write_run(tmp_path / "run"), tmp_path / "a")
    small = write_sweep(tmp_path / "small")
    (tmp_path / "b").mkdir()
    with pytest.raises(PublishError, match="exists; remove it first"):
        publish(small, tmp_path / "b")
    definition = make_definition(objective=MEAN_LAST)
    several = write_sweep(tmp_path / "several", definition=definition)
    with pytest.raises(PublishError, match="the curves of all runs"):
        publish(several, tmp_path / "c")


def test_a_reader_of_published_records_knows_when_claims_were_declared(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "small")
    declare(folder, n_runs=0)
    publish(folder, tmp_path / "published")
    name, digest = next(iter(claim_hashes().items()))
    found = when_declared(tmp_path / "published", name, digest=digest)
    assert found == when_declared(folder, name, digest=digest) != ""


def test_no_folder_of_the_machine_is_published(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "small")
    contents = read_sealed(folder / "definition.json")
    for arm in contents["arms"].values():
        arm["config"] = {
            "paths.data": "/somewhere",
            "task.path": "/somewhere/mine.csv",
            "optimizer.lr": 0.1,
        }
    published = definition_without_places(contents)
    assert "/somewhere" not in json.dumps(published)
    assert {arm["config"]["task.path"] for arm in published["arms"].values()} == {"mine.csv"}
    assert {arm["config"]["optimizer.lr"] for arm in published["arms"].values()} == {0.1}

    rows = read_table(folder, "runs")
    names = ("paths.data", "paths.outputs", "task.path")
    for name in names:
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.array(["/somewhere/mine.csv"] * len(rows)))
    found = runs_without_places(rows)
    assert found.schema.names == rows.schema.names
    assert [set(found[name].to_pylist()) for name in names] == [
        {"data"},
        {"outputs"},
        {"mine.csv"},
    ]
    before, after = (
        [json.loads(text) for text in each["config_json"].to_pylist()] for each in (rows, found)
    )
    assert all(each["paths.data"] == "data" for each in after)
    for one, other in zip(before, after, strict=True):
        assert {key for key in one if one[key] != other[key]} <= set(names)
    assert found.drop([*names, "config_json"]).equals(rows.drop([*names, "config_json"]))
