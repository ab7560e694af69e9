"""Replay of a recorded run, alone: numbers that agree, and messages about those that do not."""

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from ffnn_lab.protocols.space import Choice
from ffnn_lab.records import RecordWriter, RunResult, read_curves, read_runs
from ffnn_lab.replay import main
from ffnn_lab.schedules.cosine import CosineConfig
from ffnn_lab.tasks.data.task import Task
from ffnn_lab.trainer import train
from tests.support.builders import make_run
from tests.support.command_line import run_lab, run_module
from tests.support.parts import rewrite
from tests.support.sweeps import make_definition, work

Rows = list[dict[str, Any]]
AGREES = re.compile(r"^agrees to the bit: (\d+) numbers", re.MULTILINE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the outputs of one sweep of two arms, in populations; one setting diverges."""
    outputs = tmp_path_factory.mktemp("outputs")
    definition = make_definition("grid", confirm_seeds=(1000,))
    sgd, adam = definition.arms
    wild = dataclasses.replace(sgd, space={"optimizer.lr": Choice((1e30, 0.1))})
    work(outputs, dataclasses.replace(definition, arms=(wild, adam)))
    return outputs


@pytest.fixture
def outputs(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of ``trained`` that a test may spoil."""
    shutil.copytree(trained, tmp_path / "outputs")
    return tmp_path / "outputs"


def replayed(outputs: Path, run: str) -> int:
    return main([run, "--outputs", str(outputs)])


def a_run(outputs: Path, status: str = "completed") -> str:
    runs = read_runs(outputs / "test")
    return str(runs.loc[runs["status"] == status, "run_id"].iloc[0])


def spoil(folder: Path, table: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change every row of a sweep's table; ``change`` works in place."""
    (part,) = (folder / table).glob("part-*")
    stored = pq.read_table(part)
    rows: Rows = stored.to_pylist()
    for row in rows:
        change(row)
    rewrite(part, pa.Table.from_pylist(rows, schema=stored.schema))


def spoil_config(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the stored config of every run."""

    def change_row(row: dict[str, Any]) -> None:
        stored = json.loads(row["config_json"])
        change(stored)
        row["config_json"] = json.dumps(stored)

    spoil(folder, "runs", change_row)


def files(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(folder: Path, results: Sequence[RunResult]) -> None:
    RecordWriter(folder).write(results)


def cut(result: RunResult, n_epochs: int, status: str) -> RunResult:
    """Return a result that ends after ``n_epochs``, as if the run had been stopped there."""
    n_steps = next(point.step for point in result.curve if point.epoch == n_epochs)
    return dataclasses.replace(
        result,
        status=status,
        n_epochs=n_epochs,
        n_steps=n_steps,
        curve=[point for point in result.curve if point.epoch <= n_epochs],
    )


def test_runs_of_populations_replay_to_the_bit_alone(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All completed runs of both optimizers are replayed, and nothing is written."""
    before = files(trained)
    runs = read_runs(trained / "test")
    completed = runs[runs["status"] == "completed"]
    # Confirm has one seed of both winners and of Adam's default; SGD's default is its winner.
    assert len(completed) == 2 * (1 + 3) + 3
    for run in completed["run_id"]:
        assert replayed(trained, run) == 0
        # 2 moments x 3 splits x 2 metrics and the best epoch; epochs, steps and chance; and
        # step, loss, error and lr at 3 epochs on 3 splits.
        told = AGREES.search(capsys.readouterr().out)
        assert told is not None
        assert int(told[1]) == 2 * 3 * 2 + 1 + 3 + 4 * 3 * 3
    assert files(trained) == before


def test_a_diverged_run_diverges_again_at_its_step(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(trained, "diverged")
    assert replayed(trained, run) == 0
    said = capsys.readouterr().out
    assert f"run {run} of {trained / 'test'}: diverged after" in said
    n_points = (read_curves(trained / "test")["run_id"] == run).sum()
    told = AGREES.search(said)
    assert told is not None
    assert int(told[1]) == 4 + 4 * n_points  # with the step that it diverged at


def test_a_run_that_is_infinite_as_drawn(tmp_path: Path, digits: Task) -> None:
    (result,) = train([make_run({"initializer.gain": 1e308})], digits)
    assert (result.status, result.curve) == ("diverged", [])
    write(tmp_path / "one", [result])
    assert replayed(tmp_path, result.run_id) == 0


@pytest.mark.parametrize("status", ["pruned", "failed"])
@pytest.mark.parametrize("n_epochs", [0, 2])
def test_a_run_that_was_stopped_is_trained_as_far_as_it_came(
    status: str,
    n_epochs: int,
    tmp_path: Path,
    digits: Task,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The schedule is that of the whole run, and all epochs before the stop are compared."""
    schedule = CosineConfig(name="cosine", final_fraction=0.0)
    (whole,) = train([make_run({"trainer.max_epochs": 4}, schedule=schedule)], digits)
    write(tmp_path / "one", [cut(whole, n_epochs, status)])
    assert replayed(tmp_path, whole.run_id) == 0
    told = AGREES.search(capsys.readouterr().out)
    assert told is not None
    assert int(told[1]) == 3 + 4 * 3 * (n_epochs + 1)

    def step_further(row: dict[str, Any]) -> None:
        row["loss"] = np.nextafter(row["loss"], 1.0)

    spoil(tmp_path / "one", "curves", step_further)
    assert replayed(tmp_path, whole.run_id) == 1
    assert f"curve, loss: {3 * (n_epochs + 1)} of" in capsys.readouterr().out


def test_one_bit_of_a_metric_is_seen(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = a_run(outputs)
    changed: list[tuple[float, float]] = []

    def change(row: dict[str, Any]) -> None:
        if row["run_id"] == run:
            true = row["last.dev.loss"]
            row["last.dev.loss"] = float(np.nextafter(true, np.inf))
            changed.append((row["last.dev.loss"], true))

    spoil(outputs / "test", "runs", change)
    assert replayed(outputs, run) == 1
    said = capsys.readouterr().out
    ((recorded, true),) = changed
    assert f"last.dev.loss: recorded {recorded}, now {true} (by {recorded - true:.3g})" in said
    assert len(said.splitlines()) == 1 + 1 + 1 + 1  # run, verdict, metric, what changed since
    assert "agrees" not in said


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("n_steps", 7, "n_steps: recorded 7, now "),
        ("best.epoch", None, "best.epoch: recorded nothing, now "),
        ("status", "diverged", "status: recorded diverged, now completed"),
        ("diverged_step", 9, "diverged_step: recorded 9, now nothing"),
        ("optimizer.lr", 0.25, "optimizer.lr: recorded 0.25, now "),
        ("model.widths", [9, 9], "model.widths: recorded [9, 9], now [9]"),
        ("optimizer.momentum", 0.5, "optimizer.momentum: recorded 0.5, now nothing"),
    ],
)
def test_whatever_a_row_says_is_compared(
    outputs: Path, capsys: pytest.CaptureFixture[str], column: str, value: object, expected: str
) -> None:
    run = a_run(outputs)
    spoil(outputs / "test", "runs", lambda row: row.update({column: value}))
    assert replayed(outputs, run) == 1
    assert f"\n  {expected}" in capsys.readouterr().out


def test_a_point_of_the_curve_that_moved_is_placed(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(row: dict[str, Any]) -> None:
        if row["split"] == "dev" and row["epoch"] >= 1:
            row["error"] += 0.25 * row["epoch"]

    spoil(outputs / "test", "curves", change)
    assert replayed(outputs, a_run(outputs)) == 1
    said = capsys.readouterr().out
    where = (
        r"2 of 9 points differ, the first at epoch 1; the largest difference is at epoch 2, dev: "
        r"recorded [01]\..*\(by 0\.5\)"
    )
    assert re.search(f"curve, error: {where}", said)
    assert "curve, loss" not in said


def test_a_loss_that_is_not_a_number_differs_most(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(row: dict[str, Any]) -> None:
        row["loss"] = float("nan") if (row["split"], row["epoch"]) == ("dev", 1) else 1e9

    spoil(outputs / "test", "curves", change)
    assert replayed(outputs, a_run(outputs)) == 1
    said = capsys.readouterr().out
    assert "curve, loss: 9 of 9 points" in said
    assert "the largest difference is at epoch 1, dev: recorded nan" in said


def test_points_on_one_side_only_are_counted(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(row: dict[str, Any]) -> None:
        row["epoch"] += 5 * (row["epoch"] == 2)

    spoil(outputs / "test", "curves", change)
    assert replayed(outputs, a_run(outputs)) == 1
    said = capsys.readouterr().out
    assert "curve: 3 points recorded but missing now, epochs 7 to 7" in said
    assert "curve: 3 points not recorded, epochs 2 to 2" in said


def test_what_changed_since_the_record_is_listed(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(row: dict[str, Any]) -> None:
        row |= {"version.torch": "1.0", "machine": "abacus", "git.commit": "0123"}
        row["chance_error"] = 0.5

    run = a_run(outputs)
    now = read_runs(outputs / "test").iloc[0]
    spoil(outputs / "test", "runs", change)
    assert replayed(outputs, run) == 1
    lines = capsys.readouterr().out.splitlines()
    for key, then in (("version.torch", "1.0"), ("machine", "abacus"), ("git.commit", "0123")):
        assert f"  {key}: {then} then, {now[key]} now" in lines
    assert not any("version.numpy" in line for line in lines)


def test_another_version_is_no_difference_if_the_numbers_agree(outputs: Path) -> None:
    spoil(outputs / "test", "runs", lambda row: row.update({"version.torch": "1.0"}))
    assert replayed(outputs, a_run(outputs)) == 0


def test_an_id_that_is_not_its_configs_is_said(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(outputs)
    for table in ("runs", "curves"):
        spoil(outputs / "test", table, lambda row: row.update(run_id=f"x{row['run_id']}"))
    assert replayed(outputs, f"x{run}") == 1
    said = capsys.readouterr().out
    assert f"  its config has the id {run}, not the recorded one" in said
    assert "\n  curve" not in said


def test_the_beginning_of_an_id_is_enough(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = list(read_runs(trained / "test")["run_id"])
    run = a_run(trained)
    length = next(n for n in range(1, 13) if sum(i.startswith(run[:n]) for i in ids) == 1)
    assert replayed(trained, run[:length]) == 0
    assert f"run {run} of" in capsys.readouterr().out


def test_a_run_of_two_sweeps_is_compared_with_both(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(outputs / "test", outputs / "twin")
    run = a_run(outputs)
    assert replayed(outputs, run) == 0
    assert len(AGREES.findall(capsys.readouterr().out)) == 2
    spoil(outputs / "twin", "runs", lambda row: row.update(n_steps=7))
    assert replayed(outputs, run) == 1
    first, verdict, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"run {run} of {outputs / 'test'}")
    assert verdict.startswith("agrees to the bit")
    assert second.startswith(f"run {run} of {outputs / 'twin'}")
    assert any("n_steps: recorded 7" in line for line in rest)


@pytest.mark.parametrize(
    ("leaf", "value"),
    [
        ("paths.outputs", "/elsewhere"),
        ("paths.data", "/elsewhere"),
        ("tracking.mode", "online"),
        ("trainer.save_weights", True),
        ("trainer.checkpoint_seconds", 7.0),
    ],
)
def test_what_moves_no_number_is_not_compared(
    outputs: Path, capsys: pytest.CaptureFixture[str], leaf: str, value: object
) -> None:
    """A run may be recorded in two folders, and no later command could agree with both."""
    shutil.copytree(outputs / "test", outputs / "twin")
    spoil(outputs / "twin", "runs", lambda row: row.update({leaf: value}))
    assert replayed(outputs, a_run(outputs)) == 0
    assert len(AGREES.findall(capsys.readouterr().out)) == 2


@pytest.mark.parametrize(
    ("stands_in", "asked", "suggested"),
    [
        ("copy", [], "."),
        ("copy/test", [], ".."),
        ("", [], "copy"),
        ("copy", ["--outputs", "test"], "."),
        ("empty", ["--outputs", "../copy/test"], "../copy"),
    ],
)
def test_in_a_copied_folder_it_says_what_to_type(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stands_in: str,
    asked: list[str],
    suggested: str,
) -> None:
    shutil.copytree(trained, tmp_path / "copy")
    (tmp_path / "empty").mkdir()
    monkeypatch.delenv("FFNN_LAB_OUTPUTS", raising=False)
    monkeypatch.chdir(tmp_path / stands_in)
    run = a_run(trained)
    assert main([run, *asked]) == 2
    assert capsys.readouterr().err.endswith(f"; such a run is found with --outputs {suggested}\n")
    assert main([run, "--outputs", suggested]) == 0
    assert main(["nosuchrun", *asked]) == 2
    assert "set --outputs FOLDER to the folder that" in capsys.readouterr().err


def test_damage_elsewhere_is_named_and_does_not_matter(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(outputs / "test", outputs / "broken")
    next((outputs / "broken" / "runs").glob("part-*")).write_bytes(b"torn")
    assert replayed(outputs, a_run(outputs)) == 0
    assert capsys.readouterr().err.startswith(f"not searched: {outputs / 'broken'}")
    assert replayed(outputs, "nosuchrun") == 2
    assert f"not searched: {outputs / 'broken'}" in capsys.readouterr().err


def check_slip(outputs: Path, run: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Assert that a replay ends with one message and writes nothing; return the message."""
    before = files(outputs)
    capsys.readouterr()
    assert replayed(outputs, run) == 2
    assert files(outputs) == before
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "Traceback" not in error
    return error


def test_ids_that_are_no_run_or_several(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    n_runs = len(read_runs(trained / "test"))
    assert "no run's id begins with it" in check_slip(trained, "nosuchrun", capsys)
    assert f"the ids of {n_runs} runs begin with it" in check_slip(trained, "", capsys)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert f"{folder} has no records" in check_slip(folder, "0", capsys)


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda stored: stored.pop("optimizer.lr"), "see optimizer.lr"),
        (lambda stored: stored.update({"optimizer.eta": 1.0}), "see optimizer.eta"),
        (lambda stored: stored.update({"optimizer.lr": -1.0}), "optimizer.lr must be positive"),
        (lambda stored: stored.update({"task.name": "letters"}), "task.name must be one of dig"),
        (lambda stored: stored.update({"initializer.name": "magic"}), "initializer.name must be"),
        (lambda stored: stored.update({"trainer.name": "x"}), "cannot be rebuilt"),
    ],
)
def test_a_config_that_no_longer_fits(
    outputs: Path, capsys: pytest.CaptureFixture[str], change: Change, expected: str
) -> None:
    spoil_config(outputs / "test", change)
    run = a_run(outputs)
    error = check_slip(outputs, run, capsys)
    assert error.startswith(f"error: run {run} of {outputs / 'test'} cannot be rebuilt: ")
    assert expected in error
    assert "it was recorded with ffnn_lab" in error


@pytest.mark.parametrize("text", ["{", "3", "[1]", None])
def test_a_config_that_is_none(
    outputs: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    spoil(outputs / "test", "runs", lambda row: row.update(config_json=text))
    assert "cannot be rebuilt" in check_slip(outputs, a_run(outputs), capsys)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is the device")
def test_a_device_that_is_not_here(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil_config(outputs / "test", lambda stored: stored.update(device="cuda"))
    assert "torch sees no CUDA device" in check_slip(outputs, a_run(outputs), capsys)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_from_the_command_line_in_another_process(tmp_path: Path) -> None:
    said = run_lab(tmp_path, "trainer.max_epochs=1", "tracking=off", "paths.outputs=kept")
    assert said.exit_code == 0, said.error
    (folder,) = (tmp_path / "kept").iterdir()
    run = folder.name.removeprefix("run-")
    again = run_module("ffnn_lab.replay", (run[:6],), tmp_path, {"FFNN_LAB_OUTPUTS": "kept"})
    assert again.exit_code == 0, again.error
    assert AGREES.search(again.out)
    assert again.error == ""
    assert "\x1b" not in again.out
