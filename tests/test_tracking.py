"""W&B mirrors runs, and harms nothing when it fails."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config import with_values
from ffnn_lab.records import read_curves, read_runs
from ffnn_lab.tasks import load_task
from ffnn_lab.tracking import NoTracker, WandbTracker, make_tracker
from ffnn_lab.trainer import train
from tests.builders import NO_DATA, make_run
from tests.command_line import run_lab


def inspect(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Read an offline run back with W&B's own tool: kind of record to its contents."""
    binary = Path(sys.executable).with_name("wandb")
    done = subprocess.run(
        [str(binary), "leet", "inspect", "--json", str(folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        kinds.setdefault(record["type"], []).append(record[record["type"]])
    return kinds


@pytest.mark.slow
def test_a_sweep_leaves_one_offline_run_per_run(tmp_path: Path) -> None:
    said = run_lab(
        tmp_path,
        *("-m", "optimizer=sgd,adam", "optimizer.lr=0.01,1e30", "seed=0"),
        *("trainer.max_epochs=2", "hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0"),
    )
    assert said.exit_code == 0, said.error
    assert said.error == ""
    folder = tmp_path / "outputs" / "mine"
    runs, curves = read_runs(folder).set_index("run_id"), read_curves(folder)
    offline = sorted((folder / "wandb").glob("offline-run-*"))
    assert len(offline) == len(runs) == 4
    assert set(runs["status"]) == {"completed", "diverged"}
    for each in offline:
        run_id = each.name.rsplit("-", 1)[1]
        row, kinds = runs.loc[run_id], inspect(each)
        (run,) = kinds["run"]
        assert (run["run_group"], run["job_type"]) == ("mine", "tune")
        assert run["tags"] == [row["optimizer.name"]]
        assert run["config"]["update"]["optimizer"]["lr"] == row["optimizer.lr"]
        curve = curves[(curves["run_id"] == run_id) & (curves["split"] == "dev")]
        items = [record["item"] for record in kinds["history"]]
        assert [item["dev/loss"] for item in items] == curve["loss"].tolist()
        assert [item["epoch"] for item in items] == curve["epoch"].tolist()
        summary: dict[str, Any] = {}
        for record in kinds["summary"]:
            summary |= record["update"]
        assert summary["status"] == row["status"]
        assert kinds["exit"][0]["exit_code"] == (0 if row["status"] == "completed" else 1)


def test_a_tracker_that_fails_warns_once_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import wandb  # noqa: PLC0415 - a second of import

    def broken(**_: object) -> None:
        msg = "no such host\nand more"
        raise OSError(msg)

    monkeypatch.setattr(wandb, "init", broken)
    config = with_values(make_run({"trainer.dtype": "float32"}), {"tracking.mode": "offline"})
    task = load_task(config.task, NO_DATA)
    tracker = WandbTracker(config, tmp_path, group="g", labels={})
    with caplog.at_level(logging.WARNING):
        tracked = train([config], task, on_epoch=tracker.on_epoch)
        tracker.finish(tracked)
    alone = train([config], task)
    assert [record.message for record in caplog.records] == [
        "tracking failed and is off from here on (OSError: no such host); the records go on"
    ]
    assert tracked[0].curve == alone[0].curve


def test_off_tracks_nothing(tmp_path: Path) -> None:
    config = with_values(make_run(), {"tracking.mode": "off"})
    tracker = make_tracker(config, tmp_path, group="g", labels={})
    assert isinstance(tracker, NoTracker)


@pytest.mark.slow  # W&B tries for half a minute
def test_online_without_a_server_ends_the_run_well(tmp_path: Path) -> None:
    """A server that refuses: a warning, the records, exit code 0."""
    said = run_lab(
        tmp_path,
        *("tracking=online", "trainer.max_epochs=1"),
        WANDB_BASE_URL="http://127.0.0.1:9",
        WANDB_API_KEY="0" * 40,
    )
    assert said.exit_code == 0, said.error
    assert said.error.count("tracking failed and is off") == 1
    (folder,) = (tmp_path / "outputs").iterdir()
    assert len(read_runs(folder)) == 1
