"""W&B mirrors runs, and a failure of W&B harms nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab import mirror
from ffnn_lab.checkpoints import load_checkpoint
from ffnn_lab.config import with_values
from ffnn_lab.mirror_process import MirrorProcess
from ffnn_lab.population import Member
from ffnn_lab.records import CurvePoint, read_curves, read_layers, read_runs
from ffnn_lab.tasks import load_task
from ffnn_lab.tracking import NoTracker, WandbTracker, make_tracker
from ffnn_lab.trainer import train
from tests.support.builders import NO_DATA, make_run
from tests.support.command_line import run_lab, run_lab_forked
from tests.support.exhaustive import rest
from tests.support.kill import MOST_SECONDS, Command, Watch
from tests.support.offline_runs import inspect
from tests.support.wandb_server import serving


@pytest.mark.slow
def test_a_sweep_leaves_one_offline_run_per_run(tmp_path: Path) -> None:
    said = run_lab_forked(
        tmp_path,
        *("-m", "optimizer=sgd,adam", "optimizer.lr=0.01,1e30", "seed=0"),
        *("trainer.max_epochs=2", "hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0"),
        "trainer.diagnose_every=1",
    )
    assert said.exit_code == 0, said.error
    assert said.error == ""
    folder = tmp_path / "outputs" / "mine"
    runs, curves = read_runs(folder).set_index("run_id"), read_curves(folder)
    layers = read_layers(folder)
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
        dead = layers[(layers["run_id"] == run_id) & (layers["layer"] == 1)]["dead"]
        assert [item["layer1/dead"] for item in items] == dead.tolist()
        summary: dict[str, Any] = {}
        for record in kinds["summary"]:
            summary |= record["update"]
        assert summary["status"] == row["status"]
        assert kinds["exit"][0]["exit_code"] == (0 if row["status"] == "completed" else 1)


FAILS = """
class Settings:
    def __init__(self, **_): pass
def init(**_):
    raise OSError("no such host\\nand more")
"""
HANGS = """
import time
time.sleep(1000)
"""
TELLS = """
import pathlib
pathlib.Path(__file__).with_name("imported").touch()
"""


@pytest.fixture
def another_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that installs a module wandb for other processes.

    The function takes the module's text, and returns the folder in which the module lies.
    """
    folder = tmp_path / "packages"

    def install(text: str) -> Path:
        folder.mkdir()
        (folder / "wandb.py").write_text(text)
        more = os.environ.get("PYTHONPATH")
        monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{more}" if more else str(folder))
        return folder

    return install


class Tracked:
    """One run of the digits, tracked as a worker tracks runs."""

    def __init__(self, folder: Path) -> None:
        """Prepare the run; nothing has started."""
        changes = {"trainer.dtype": "float32", "trainer.max_epochs": 3}
        self.config = with_values(make_run(changes), {"tracking.mode": "offline"})
        self.task = load_task(self.config.task, NO_DATA)
        self.tracker = WandbTracker(self.config, folder, group="g", labels={})

    def train(
        self, after_first: Callable[[MirrorProcess], object] = lambda _process: None
    ) -> None:
        """Train and track the run, and assert that a run without a tracker is the same.

        Args:
            after_first: Called with the tracking process after the first call of the tracker.
        """
        n_epochs = 0

        def on_epoch(members: Sequence[Member]) -> None:
            nonlocal n_epochs
            self.tracker.on_epoch(members)
            n_epochs += 1
            if n_epochs == 1:
                process = self.tracker._delivery._process
                assert process is not None
                after_first(process)

        with closing(self.tracker):
            tracked = train([self.config], self.task, on_epoch=on_epoch)
            self.tracker.finish(tracked)
        alone = train([self.config], self.task)
        assert tracked[0].curve == alone[0].curve


def warning(why: str) -> list[str]:
    """Return the messages of a sweep whose tracker failed."""
    return [
        f"tracking failed and is off from now on ({why}); runs are still recorded, and `python -m "
        "ffnn_lab.track g` later hands over the runs that W&B lacks"
    ]


def test_a_tracker_that_fails_warns_once_and_harms_nothing(
    tmp_path: Path, another_wandb: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    another_wandb(FAILS)
    Tracked(tmp_path).train()
    assert caplog.messages == warning("OSError: no such host")


def test_a_tracking_process_that_dies_is_a_tracker_that_fails(
    tmp_path: Path, another_wandb: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    another_wandb(HANGS)

    def kill(process: MirrorProcess) -> None:
        process._process.kill()
        process._listener.join()

    Tracked(tmp_path).train(kill)
    assert caplog.messages == warning("the tracking process is dead")


def test_a_tracking_process_that_hangs_is_not_waited_for(
    tmp_path: Path,
    another_wandb: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    another_wandb(HANGS)
    monkeypatch.setattr("ffnn_lab.mirror_process.PATIENCE_SECONDS", 0.2)
    Tracked(tmp_path).train()
    assert caplog.messages == warning("no sign of life for 0.2 s")


def test_what_waits_for_the_tracking_process_is_bounded(
    tmp_path: Path,
    another_wandb: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    another_wandb(HANGS)
    monkeypatch.setattr("ffnn_lab.mirror_process.MAX_BEHIND", 2)
    monkeypatch.setattr("ffnn_lab.mirror_process.PATIENCE_SECONDS", 0.2)
    tracked = Tracked(tmp_path)
    member = Member(tracked.config, "r")
    for epoch in range(9):
        member.curve.append(CurvePoint(epoch, epoch, "dev", 1.0, 0.5, 0.1))
        tracked.tracker.on_epoch([member])
    tracked.tracker.close()
    assert caplog.messages == warning("BufferError: W&B is 2 epochs behind")


def test_a_folder_that_cannot_be_written_is_a_tracker_that_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    Tracked(tmp_path / "file").train()
    (said,) = caplog.messages
    assert "Error: [Errno" in said


@pytest.mark.slow
def test_points_are_logged_once_whatever_happens_to_their_run(tmp_path: Path) -> None:
    """A run that is trained anew begins its curve again; a run that is cut off is closed, too."""
    tracked = Tracked(tmp_path)
    points = [CurvePoint(epoch, 7 * epoch, "dev", 1 / 3 + epoch, 0.5, 0.1) for epoch in range(4)]
    with closing(tracked.tracker) as tracker:
        for n_points in (1, 2, 1, 2, 3, 4):
            member = Member(tracked.config, "anew", curve=points[:n_points])
            resumed = Member(tracked.config, "resumed", curve=points[: n_points + 1])
            tracker.on_epoch([member, resumed])
    for name in ("anew", "resumed"):
        (folder,) = (tmp_path / "wandb").glob(f"offline-run-*-{name}")
        kinds = inspect(folder)
        items = [record["item"] for record in kinds["history"]]
        assert [item["dev/loss"] for item in items] == [point.loss for point in points]
        assert [item["_step"] for item in items] == [0, 7, 14, 21]
        assert [record["step"]["num"] for record in kinds["history"]] == [0, 7, 14, 21]
        assert kinds["exit"][0]["exit_code"] == 255


LONG = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1",
    "seed=0",  # W&B takes a good second to open a run
    "trainer.max_epochs=5000",
    "trainer.compile=false",
)


@contextmanager
def in_training(folder: Path, *words: str) -> Iterator[Command]:
    """Start a sweep, and yield its command once W&B has a run open."""
    command = Command((*LONG, "hydra.sweeper.name=s", *words), folder, folder / "log")
    try:
        while not list(folder.glob("outputs/s/wandb/offline-run-*/*.wandb")):
            assert command.wait(command.seconds + 0.1, Watch(folder)) is None
            assert command.seconds < MOST_SECONDS
        yield command
    finally:
        command.kill_all()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_no_process_outlives_a_sweep_that_is_killed(tmp_path: Path) -> None:
    with in_training(tmp_path) as command:
        assert any("mirror.py" in word for each in command.children() for word in each.command)
        command.kill_parent()
        assert command.wait_gone() is not None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), id="one"),
        rest(("hydra/launcher=joblib", "hydra.sweeper.n_workers=2"), id="joblib"),
    ],
)
@pytest.mark.exhaustive
def test_ctrl_c_leaves_all_that_was_measured(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Each process gets Ctrl-C, W&B's too; W&B has all epochs that the checkpoints have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child inherits it
    with in_training(tmp_path, "trainer.checkpoint_seconds=1000", *words) as command:
        for each in command.children():
            if any("mirror.py" in word for word in each.command):
                os.kill(each.pid, signal.SIGINT)
        os.killpg(command._process.pid, signal.SIGINT)
        assert command.wait(MOST_SECONDS, Watch(tmp_path)) == 130
        assert command.wait_gone() is not None
    signal.signal(signal.SIGINT, before)
    assert "tracking failed" not in (tmp_path / "log").read_text()
    folder, n_seen = tmp_path / "outputs" / "s", 0
    for path in (folder / "checkpoints").glob("*.pt"):
        for run_id, snapshot in load_checkpoint(path).items():
            (offline,) = (folder / "wandb").glob(f"offline-run-*-{run_id}")
            kinds = inspect(offline)
            epochs = [record["item"]["epoch"] for record in kinds["history"]]
            assert epochs == list(range(snapshot.member.epoch + 1))
            assert kinds["exit"][0]["exit_code"] == 255
            n_seen += 1
    assert n_seen > 0


@pytest.mark.slow
def test_off_imports_no_wandb(tmp_path: Path, another_wandb: Callable[[str], Path]) -> None:
    folder = another_wandb(TELLS)
    said = run_lab(tmp_path, "trainer.max_epochs=1", "tracking=off")
    assert said.exit_code == 0, said.error
    assert not (folder / "imported").exists()
    subprocess.run([sys.executable, "-c", "import wandb"], check=True)
    assert (folder / "imported").exists()


def test_the_tracking_process_imports_nothing_of_the_lab() -> None:
    lists = f"import runpy, sys; runpy.run_path({mirror.__file__!r}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", lists], capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots.isdisjoint({"ffnn_lab", "torch", "numpy", "hydra", "wandb"})


def test_off_tracks_nothing(tmp_path: Path) -> None:
    config = with_values(make_run(), {"tracking.mode": "off"})
    tracker = make_tracker(config, tmp_path, group="g", labels={})
    assert isinstance(tracker, NoTracker)


@pytest.mark.slow
def test_a_server_that_refuses_ends_a_run_well(tmp_path: Path) -> None:
    """The run ends with one line, its records, an offline run and exit code 0.

    Variables that an agent of W&B would set have no effect.
    """
    with serving() as server:
        server.status = 403
        said = run_lab_forked(
            tmp_path,
            *("tracking=online", "trainer.max_epochs=1", "tracking.entity=team"),
            WANDB_RUN_ID="another",
            WANDB_SWEEP_ID="sweep",
            WANDB_RESUME="must",
            WANDB_ENTITY="nobody",
            **server.environment,
        )
    assert said.exit_code == 0, said.error
    (folder,) = (tmp_path / "outputs").iterdir()
    assert said.error.startswith(
        "W&B does not accept the runs (the API key may not write to the project): from now on "
        f"they are written offline, and `python -m ffnn_lab.track {folder.name} --mode online` "
        "sends them later\n"
    )
    assert "that are ignored: WANDB_ENTITY; set tracking.entity instead" in said.out
    assert len(read_runs(folder)) == 1
    (offline,) = (folder / "wandb").glob("offline-run-*")
    (run,) = inspect(offline)["run"]
    assert run["run_id"] == f"{folder.name}-{folder.name.removeprefix('run-')}"
    assert run["entity"] == "team"
