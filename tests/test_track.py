"""``track`` later gives W&B all that the records have, each run once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab import mirror
from ffnn_lab.config import run_id, with_values
from ffnn_lab.population import Member
from ffnn_lab.records import RecordWriter, RunResult, TrialRow, read_curves, read_runs
from ffnn_lab.tasks import load_task
from ffnn_lab.track import main
from ffnn_lab.tracking import make_tracker
from ffnn_lab.trainer import train
from ffnn_lab.wandb_runs import read_ledger
from tests.support.builders import NO_DATA, make_run
from tests.support.command_line import run_module
from tests.support.exhaustive import rest
from tests.support.offline_runs import inspect
from tests.support.wandb_server import StandIn, serving

ARM = "sgd, with: a name / of 70 characters % and more of them, as one may write"
"""An arm's name that is too long for a tag of W&B."""
N_RUNS = 3
TIMES = ("_timestamp", "_runtime", "_wandb")
"""Beginnings of the names of times that W&B notes."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    """Yield a stand-in for W&B's server; a server that does not answer is given up after 2 s."""
    with serving() as stand_in:
        for name, value in stand_in.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(mirror, "ANSWER_SECONDS", 2.0)
        monkeypatch.chdir(tmp_path)
        yield stand_in


class Sweep:
    """A sweep of three runs, which are trained, tracked and recorded; the last run diverges."""

    def __init__(self, mode: str) -> None:
        """Prepare the runs; nothing is trained yet."""
        values = {"tracking.mode": mode, "tracking.tags": ["mine"], "tracking.notes": "a note"}
        changes = {"trainer.dtype": "float32", "trainer.max_epochs": 4, **values}
        self.configs = [
            with_values(make_run(changes), {"optimizer.lr": lr, "seed": seed})
            for seed, lr in enumerate((0.1, 0.2, 1e30))
        ]
        self.task = load_task(self.configs[0].task, NO_DATA)
        self.folder = Path("outputs", "s")
        self.labels = {run_id(config): ("tune", ARM) for config in self.configs}

    def record(self, results: list[RunResult]) -> None:
        """Write runs and trials, as a worker does."""
        trials = [
            TrialRow("tune", ARM, 0, result.config.seed, result.run_id) for result in results
        ]
        RecordWriter(self.folder).write(results, trials)

    def run(self) -> None:
        """Train the runs one after another, track them, and record them."""
        tracker = make_tracker(self.configs[0], self.folder, group="s", labels=self.labels)
        with closing(tracker):
            for config in self.configs:
                results = train([config], self.task, on_epoch=tracker.on_epoch)
                self.record(results)
                tracker.finish(results)


def assert_all_once(server: StandIn, folder: Path) -> None:
    """Assert that the server has what the records have, row by row, and nothing twice."""
    runs, curves = read_runs(folder).set_index("run_id"), read_curves(folder)
    assert set(server.runs) == {f"s-{each}" for each in runs.index}
    for each, row in runs.iterrows():
        received = server.runs[f"s-{each}"]
        dev = curves[(curves["run_id"] == each) & (curves["split"] == "dev")].sort_values("epoch")
        assert [item["_step"] for item in received.history] == dev["step"].tolist()
        assert [item["epoch"] for item in received.history] == dev["epoch"].tolist()
        assert [item["dev/loss"] for item in received.history] == pytest.approx(
            dev["loss"].tolist(), rel=1e-15, nan_ok=True
        )
        assert received.n_lines_sent == len(dev)
        assert received.summary["status"] == row["status"]
        assert received.exit_code == (0 if row["status"] == "completed" else 1)
        if row["status"] == "completed":
            assert received.summary["last.dev.error"] == row["last.dev.error"]
        assert received.about["groupName"] == "s"
        assert received.about["jobType"] == "tune"
        assert received.about["notes"] == "a note"
        long, mine = received.about["tags"]
        assert (mine, len(long), long[:20]) == ("mine", 64, ARM[:20])


def offline(folder: Path) -> list[str]:
    """Return the names of the offline runs of a sweep."""
    return sorted(path.name for path in (folder / "wandb").glob("offline-run-*"))


@pytest.mark.slow
def test_records_of_a_sweep_without_tracking_are_sent_once(
    server: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = Sweep("off")
    sweep.run()
    assert main(["s", "--mode", "online"]) == 0
    assert capsys.readouterr().out == "3 runs sent to tests\n"
    assert_all_once(server, sweep.folder)
    n_requests = len(server.requests)
    assert main(["s", "--mode", "online"]) == 0
    assert capsys.readouterr().out == "3 runs had been sent before\n"
    assert len(server.requests) == n_requests
    # Another project is another place.
    assert main(["s", "--mode", "online", "--project", "other", "--entity", "team"]) == 0
    assert capsys.readouterr().out == "3 runs sent to team/other\n"
    assert server.runs[f"s-{run_id(sweep.configs[0])}"].about["entity"] == "team"


@pytest.mark.slow
def test_runs_from_records_are_those_of_live_tracking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sweep = Sweep("offline")
    sweep.run()
    files = sweep.folder / "wandb"
    live = offline(sweep.folder)
    assert main(["s"]) == 0
    assert capsys.readouterr().out == "3 runs had been written or sent before\n"
    assert offline(sweep.folder) == live
    files.rename("live")
    assert main(["s"]) == 0
    assert capsys.readouterr().out == "3 runs written offline\n"
    for before in live[::2]:  # one completed, one diverged
        end = before.split("-s-")[1]
        (after,) = files.glob(f"offline-run-*-s-{end}")
        kinds = [inspect(folder) for folder in (Path("live", before), after)]
        assert kinds[0]["exit"][0]["exit_code"] == kinds[1]["exit"][0]["exit_code"]
        runs = [each["run"][0] for each in kinds]
        for name in (
            "run_id",
            "display_name",
            "run_group",
            "job_type",
            "tags",
            "notes",
            "project",
        ):
            assert runs[0][name] == runs[1][name], name
        configs = [run["config"]["update"] for run in runs]
        for config in configs:
            config.pop("_wandb", None)
        assert configs[0] == configs[1]
        rows = [
            [
                {k: v for k, v in record["item"].items() if not k.startswith(TIMES)}
                for record in each["history"]
            ]
            for each in kinds
        ]
        assert str(rows[0]) == str(rows[1])  # as texts, so that NaN equals NaN
        summaries: list[dict[str, object]] = [{}, {}]
        for whole, each in zip(summaries, kinds, strict=True):
            for record in each["summary"]:
                whole |= {k: v for k, v in record["update"].items() if not k.startswith(TIMES)}
        assert str(sorted(summaries[0].items())) == str(sorted(summaries[1].items()))


@pytest.mark.slow
def test_what_arrived_already_is_not_sent_again(server: StandIn) -> None:
    """A server that has a run in part, or whole, gets the rows that it lacks."""
    sweep = Sweep("off")
    sweep.run()
    assert main(["s", "--mode", "online"]) == 0
    (sweep.folder / "wandb" / mirror.LEDGER).write_text("a line that was torn{")
    part = server.runs[f"s-{run_id(sweep.configs[1])}"]
    for offset in (3, 4):
        del part.lines[offset]
    part.n_lines_sent, part.exit_code, part.summary = 3, None, {"_step": part.lines[2]["_step"]}
    assert main(["s", "--mode", "online"]) == 0
    assert_all_once(server, sweep.folder)
    n_requests = len(server.requests)
    assert main(["s", "--mode", "online"]) == 0
    assert len(server.requests) == n_requests


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["online", rest("offline")])
def test_a_track_that_is_killed_is_repeated(server: StandIn, mode: str) -> None:
    sweep = Sweep("off")
    sweep.run()
    ledger = sweep.folder / "wandb" / mirror.LEDGER
    words = [sys.executable, "-m", "ffnn_lab.track", "s", "--mode", mode]
    with subprocess.Popen(words, start_new_session=True) as process:
        while not ledger.exists() and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    # The tracking process still writes what its pipe holds; meanwhile a second one is refused.
    began = time.monotonic()
    while (exit_code := main(["s", "--mode", mode])) == 2:
        assert time.monotonic() - began < mirror.ORPHAN_SECONDS + 30
        time.sleep(0.2)
    assert exit_code == 0
    if mode == "online":
        assert_all_once(server, sweep.folder)
    else:
        assert len(offline(sweep.folder)) == N_RUNS
        assert len({name[28:] for name in offline(sweep.folder)}) == N_RUNS


FAULTS: dict[str, dict[str, Any]] = {
    "answers": {},
    "401": {"status": 401},
    "403": {"status": 403},
    "500": {"status": 500},
    "403 to rows": {"status": 403, "only": "file_stream"},
    "500 to rows": {"status": 500, "only": "file_stream"},
    "hangs": {"is_hanging": True},
    "hangs at rows": {"is_hanging": True, "only": "file_stream"},
    "vanishes": {"vanish_after": 7},
    "keyless": {},
    "refused": {},
}
"""The state of a server while the runs train."""
NO_ANSWER = "the server did not answer in time"
NOT_TAKEN = "the server did not take a run's rows within 2 s"
CAUSES = {
    "401": ("the server does not know the API key",),
    "403": ("the API key may not write to the project",),
    "500": ("the server reports an internal error",),
    "403 to rows": ("the server refused rows of a run",),
    "500 to rows": (NOT_TAKEN,),
    "hangs": (NO_ANSWER,),
    "hangs at rows": (NOT_TAKEN,),
    "vanishes": (NO_ANSWER, NOT_TAKEN),
    "keyless": ("there is no API key: set WANDB_API_KEY, or run `wandb login`",),
    "refused": ("the server cannot be reached: connection refused",),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "403 to rows",
        *(rest(each) for each in FAULTS if each != "403 to rows"),
    ],
)
def test_what_a_server_did_not_take_is_delivered_later(
    server: StandIn,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    for name, value in FAULTS[fault].items():
        setattr(server, name, value)
    with monkeypatch.context() as patched:
        if fault == "keyless":
            patched.delenv("WANDB_API_KEY")
            patched.setenv("HOME", str(tmp_path))
        if fault == "refused":
            patched.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
        sweep = Sweep("online")
        sweep.run()
    n_recorded = len(read_curves(sweep.folder).groupby(["run_id", "epoch"]))
    n_live = sum(len(run.lines) for run in server.runs.values())
    n_offline = len(offline(sweep.folder))
    said = [message for message in caplog.messages if "W&B does not accept the runs" in message]
    if fault == "answers":
        assert said == []
        assert n_offline == 0
    else:
        (line,) = said
        assert any(f"({cause})" in line for cause in CAUSES[fault])
        assert "`python -m ffnn_lab.track s --mode online` sends them later" in line
        lines = read_ledger(sweep.folder)
        assert {each["run_id"] for each in lines} == {run_id(each) for each in sweep.configs}
        assert n_offline == sum(each["mode"] == "offline" for each in lines) > 0
    for name, value in {"status": 200, "is_hanging": False, "vanish_after": None}.items():
        setattr(server, name, value)
    assert main(["s", "--mode", "online"]) == 0
    assert_all_once(server, sweep.folder)
    n_now = sum(len(run.lines) for run in server.runs.values())
    print(  # noqa: T201 - shown by pytest -s
        f"\n{fault:14} {n_recorded} rows recorded, {n_live} received while training, {n_offline} "
        f"runs written offline, {n_now} rows after track"
    )


@pytest.mark.slow
def test_a_wait_is_announced_and_ctrl_c_leaves_it(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mirror, "ANSWER_SECONDS", 30.0)
    monkeypatch.setattr("ffnn_lab.delivery.ANNOUNCE_SECONDS", 0.5)
    server.is_hanging, server.only = True, "file_stream"
    sweep = Sweep("online")

    def press() -> None:
        while not caplog.messages:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    user = threading.Thread(target=press, daemon=True)
    user.start()
    sweep.run()  # returns, though interrupted
    user.join()
    waits, leaves = caplog.messages
    command = "`python -m ffnn_lab.track s`"
    assert waits == (
        "waiting for W&B: 3 runs left; the wait ends after 60 s without an answer. Ctrl-C ends it "
        f"now, and {command} delivers what is left later"
    )
    assert leaves == f"3 runs not delivered to W&B; to deliver the rest, run {command}"
    server.is_hanging = False
    assert main(["s"]) == 0  # online, as it was tracked
    assert_all_once(server, sweep.folder)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["online", rest("offline")])
def test_a_run_that_was_cut_off_and_goes_on_is_one_run(server: StandIn, mode: str) -> None:
    """A checkpoint's points are handed over again, but sent once: W&B appends whatever it gets."""
    sweep = Sweep(mode)
    config = sweep.configs[0]
    (whole,) = train([config], sweep.task)
    for n_points in (6, len(whole.curve)):
        tracker = make_tracker(config, sweep.folder, group="s", labels=sweep.labels)
        with closing(tracker):
            tracker.on_epoch([Member(config, whole.run_id, curve=whole.curve[:n_points])])
            if n_points == len(whole.curve):
                sweep.record([whole])
                tracker.finish([whole])
    if mode == "offline":
        (name,) = offline(sweep.folder)
        environment = {**os.environ, "HOME": str(sweep.folder.resolve())}
        wandb = Path(sys.executable).with_name("wandb")
        words = [str(wandb), "sync", str(sweep.folder / "wandb" / name)]
        subprocess.run(words, check=True, env=environment)
    assert_all_once(server, sweep.folder)


def test_what_is_not_there_is_a_slip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["s"]) == 2
    assert capsys.readouterr().err == (
        "error: s is neither a sweep nor a run with records under outputs; outputs has none\n"
    )
    sweep = Sweep("off")
    sweep.run()
    assert main(["t"]) == 2
    assert "there are: s\n" in capsys.readouterr().err
    assert main(["s", "--project", "a/b"]) == 2
    assert "tracking.project must have 1 to 128 characters" in capsys.readouterr().err
    lock = mirror._locked(_made(sweep.folder / "wandb") / mirror.LOCK, is_alone=False, sign=print)
    assert main(["s"]) == 2
    assert "is being written by another process" in capsys.readouterr().err
    os.close(lock)
    assert not offline(sweep.folder)


@pytest.mark.slow
def test_it_needs_nothing_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Sweep("off").run()
    code = (
        "import sys\n"
        "from ffnn_lab.track import main\n"
        "assert main(['s']) == 0\n"
        "print(sorted({'torch', 'hydra', 'omegaconf', 'optuna', 'wandb'} & set(sys.modules)))\n"
    )
    (tmp_path / "probe.py").write_text(code)
    said = run_module("probe", (), tmp_path)
    assert said.out.splitlines() == ["3 runs written offline", "[]"], said.error


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
