"""A later version with more options reads, reports, resumes and replays records of this one.

The later version is this one with fields and options that a contributor might add.
"""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ffnn_lab.config import from_leaves, leaves, run_id, with_values
from ffnn_lab.config.fields import any_value, one_of, ranged
from ffnn_lab.config.optimizer import OptimizerConfig
from ffnn_lab.config.sweep import STORED_OPTIONS, ObjectiveConfig
from ffnn_lab.definition import essence, read_definition, short_hash
from ffnn_lab.optimizers.sgd import SGDConfig
from ffnn_lab.records import RecordError, TableReader, read_curves, read_runs, schema
from ffnn_lab.replay import main as replay
from ffnn_lab.sweeper.resume import is_other
from ffnn_lab.tasks.table import TableConfig
from tests.support.damage import published
from tests.support.options import put_variant
from tests.support.sweeps import make_definition, work
from tests.test_records_of import OLD, SWEEPS, assert_kept, stored_definition


@dataclass(kw_only=True)
class LaterSGD(SGDConfig):
    """The optimizer that got one more hyperparameter."""

    warmup: float = ranged("[0, inf)", neutral=0.0)


@dataclass(kw_only=True)
class Lion(OptimizerConfig):
    """An optimizer that this version does not have."""

    name: str = one_of("lion")
    beta3: float = ranged("[0, 1)")


@dataclass(kw_only=True)
class LaterTable(TableConfig):
    """The task that got a field with a list."""

    impute: list[str] = any_value(neutral=[])


@dataclass(kw_only=True)
class LaterObjective(ObjectiveConfig):
    """The objective that got one more option."""

    weight: float = ranged("[0, inf)", neutral=1.0)


def forget_schemas() -> None:
    schema._runs_schema.cache_clear()
    schema._config_leaves.cache_clear()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Turn the lab into the later version until the test ends."""
    put_variant(monkeypatch, "optimizer", of="sgd", config=LaterSGD)
    put_variant(monkeypatch, "optimizer", of="sgd", name="lion", config=Lion)
    put_variant(monkeypatch, "task", of="table", config=LaterTable)
    monkeypatch.setitem(STORED_OPTIONS, "objective", LaterObjective)
    forget_schemas()
    yield
    forget_schemas()


@pytest.mark.usefixtures("later")
def test_an_absent_leaf_is_neutral_where_it_was_chosen_and_else_null() -> None:
    runs = read_runs(OLD / "mixed")
    is_sgd = runs["optimizer.name"] == "sgd"
    assert (runs.loc[is_sgd, "optimizer.warmup"] == 0.0).all()
    assert runs.loc[~is_sgd, "optimizer.warmup"].isna().all()
    assert 0 < is_sgd.sum() < len(runs)
    assert runs["optimizer.beta3"].isna().all()
    assert [list(each) for each in runs["task.impute"]] == [[]] * len(runs)
    assert read_runs(OLD / "default")["task.impute"].isna().all()
    columns = ["optimizer.warmup", "status"]  # without the column that names the optimizer
    assert TableReader(OLD / "mixed", "runs", columns).refresh().equals(runs[columns])


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("name", SWEEPS)
def test_no_id_moves(name: str) -> None:
    runs = read_runs(OLD / name)
    configs = [from_leaves(json.loads(text)) for text in runs["config_json"]]
    assert [run_id(config) for config in configs] == runs["run_id"].tolist()
    sgd = next(config for config in configs if config.optimizer.name == "sgd")
    assert leaves(sgd)["optimizer.warmup"] == 0.0
    assert run_id(with_values(sgd, {"optimizer.warmup": 0.5})) != run_id(sgd)


@pytest.mark.parametrize("name", ["default", "mixed"])
def test_the_report_is_the_same(name: str, request: pytest.FixtureRequest) -> None:
    before = published(OLD / name)
    request.getfixturevalue("later")
    assert published(OLD / name) == before


@pytest.mark.usefixtures("later")
def test_a_run_of_the_option_that_grew_replays(capsys: pytest.CaptureFixture[str]) -> None:
    runs = read_runs(OLD / "separable-30b585")
    recorded = str(runs.loc[runs["optimizer.name"] == "sgd", "run_id"].iloc[0])
    replay([recorded, "--outputs", str(OLD)])
    said = capsys.readouterr().out
    assert "optimizer.warmup" not in said
    assert "its config has the id" not in said


@pytest.mark.usefixtures("later")
def test_a_sweep_goes_on_and_holds_parts_of_both(tmp_path: Path) -> None:
    folder = tmp_path / "separable-30b585"
    shutil.copytree(OLD / folder.name, folder)
    runs, curves = read_runs(folder), read_curves(folder)
    definition = stored_definition(folder)
    work(tmp_path, dataclasses.replace(definition, tune_seeds=(0, 1)))
    after = read_runs(folder)
    assert len(after) == 2 * len(runs)
    assert_kept(runs, after)
    assert_kept(curves, read_curves(folder))
    assert (after.loc[after["optimizer.name"] == "sgd", "optimizer.warmup"] == 0.0).all()
    (part,) = (folder / "runs").glob("part-*.parquet")
    assert "optimizer.beta3" in pq.read_schema(part).names


def test_parts_of_this_version_are_read_by_the_later_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Columns of this version keep their values; the new one is neutral for SGD, else null."""
    folder = work(tmp_path, make_definition("grid", confirm_seeds=()))
    before = read_runs(folder)
    request.getfixturevalue("later")
    runs = read_runs(folder)
    assert runs[before.columns].equals(before)
    assert runs["optimizer.warmup"].tolist() == [
        0.0 if name == "sgd" else pytest.approx(float("nan"), nan_ok=True)
        for name in runs["optimizer.name"]
    ]


def test_parts_of_the_later_version_are_refused_by_this_one(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        put_variant(patch, "optimizer", of="sgd", name="lion", config=Lion)
        forget_schemas()
        folder = work(tmp_path, make_definition("grid", confirm_seeds=()))
    forget_schemas()
    with pytest.raises(RecordError, match=r"another version .* \(optimizer\.beta3\)"):
        read_runs(folder)
    request.getfixturevalue("later")
    assert len(read_runs(folder)) > 0


def test_a_field_that_needs_a_value_and_declares_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @dataclass(kw_only=True)
    class Careless(SGDConfig):
        odd: float = ranged("[0, inf)")

    put_variant(monkeypatch, "optimizer", of="sgd", config=Careless)
    forget_schemas()
    try:
        with pytest.raises(RecordError, match=r"columns differ \(optimizer\.odd\)"):
            read_runs(OLD / "mixed")
    finally:
        monkeypatch.undo()
        forget_schemas()


@pytest.mark.usefixtures("later")
def test_an_option_of_a_sweep_that_is_neutral_changes_no_definition() -> None:
    stored = read_definition(OLD / "mixed", is_whole=True)
    assert stored is not None
    assert isinstance(stored.objective, LaterObjective)
    assert stored.objective.weight == 1.0
    assert short_hash(stored) == "4e8955"
    assert not is_other(stored, stored_definition(OLD / "mixed"))
    heavier = dataclasses.replace(
        stored, objective=dataclasses.replace(stored.objective, weight=2.0)
    )
    assert essence(heavier) != essence(stored)
    assert is_other(stored, heavier)
