"""Sweeps whose workers a Hydra launcher starts, as a user types them."""

import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ffnn_lab.records import read_runs
from ffnn_lab.sweeper.cores import n_cores
from tests.support.command_line import run_lab, run_lab_forked
from tests.support.exhaustive import rest
from tests.support.kill import GONE_SECONDS, MOST_SECONDS, Command, Process, Watch, kill
from tests.support.sweeps import Alone, tables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

GRID = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1,1.0",
    "tracking=off",
    "hydra.sweeper.name=s",
    "hydra.sweeper.tune.n_seeds=2",
    "hydra.sweeper.confirm.n_seeds=2",
    "hydra.sweeper.population_size=4",
)
LONG = (*GRID, "trainer.max_epochs=80")
"""Some ten seconds of training on one core."""
HALF_AS_LONG = (*GRID, "trainer.max_epochs=40")
JOBLIB = ("hydra/launcher=joblib", "hydra.sweeper.n_workers=2")
SUBMITIT = ("hydra/launcher=submitit_local", "hydra.sweeper.n_workers=2")
OWN = ("hydra.sweeper.n_workers=2",)
ALL = pytest.mark.parametrize(
    "launcher", [OWN, JOBLIB, SUBMITIT], ids=["own", "joblib", "submitit"]
)
OWN_FIRST = pytest.mark.parametrize(
    "launcher",
    [
        pytest.param(OWN, id="own"),
        rest(JOBLIB, id="joblib"),
        rest(SUBMITIT, id="submitit"),
    ],
)
JOBLIB_FIRST = pytest.mark.parametrize(
    "launcher", [pytest.param(JOBLIB, id="joblib"), rest(SUBMITIT, id="submitit")]
)


class Observer(Watch):
    """A watch that also notes which worker recorded each run first."""

    def __init__(self, folder: Path) -> None:
        """Watch the sweep in ``folder``."""
        super().__init__(folder)
        self.trainers: dict[str, str] = {}

    def look(self) -> None:
        """Read the parts that are new."""
        for path in (self._folder / "runs").glob("[!.]*.parquet"):
            named = re.fullmatch(r"part-(.+)-\d+-[0-9a-f]{16}\.parquet", path.name)
            assert named is not None, path.name
            with suppress(FileNotFoundError):
                for run_id in pq.read_table(path, columns=["run_id"])["run_id"].to_pylist():
                    self.trainers.setdefault(run_id, named[1])
        super().look()

    @property
    def workers(self) -> set[str]:
        """Return the names of the workers that recorded runs."""
        return set(self.trainers.values())


class Sweep:
    """A command line at work in a folder, seen from outside."""

    def __init__(self, root: Path, *words: str, log: str = "log") -> None:
        """Start the command in the folder ``here`` of ``root``; it should write nowhere else."""
        self.here = root / "here"
        self.here.mkdir(exist_ok=True)
        self.folder = self.here / "outputs" / "s"
        self._log = root / log
        self.command = Command(words, self.here, self._log)
        self.observer = Observer(self.folder)

    @property
    def said(self) -> str:
        """Return all that the command wrote to standard output and standard error."""
        return self._log.read_text()

    def wait(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        code = self.command.wait(MOST_SECONDS, self.observer)
        assert code is not None, f"it hangs; it said:\n{self.said}"
        return code

    def wait_until(self, is_so: Callable[[], object]) -> None:
        """Wait until ``is_so`` returns true, while the command works."""
        while not is_so():
            code = self.command.wait(self.command.seconds + 0.05, self.observer)
            assert code is None, f"it ended with {code}; it said:\n{self.said}"
            assert self.command.seconds < MOST_SECONDS, self.said

    def wait_for_runs(self, n_runs: int = 1) -> None:
        """Wait until ``n_runs`` runs are recorded, while the command works."""
        self.wait_until(lambda: len(self.observer.trainings) >= n_runs)

    def workers(self) -> list[Process]:
        """List the processes that train."""
        every = self.command.workers()
        tasks = [each for each in every if "submitit.core._submit" in each.command]
        return tasks or every

    def end(self) -> None:
        """Kill all processes of the command that are left."""
        self.command.kill_all()


@contextmanager
def sweep(root: Path, *words: str, log: str = "log") -> Iterator[Sweep]:
    """Start a sweep, and kill what is left of it at the end."""
    started = Sweep(root, *words, log=log)
    try:
        yield started
    finally:
        started.end()


def without_commit(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that change when somebody commits between two commands."""
    return table.drop(columns=["git.commit", "git.is_dirty"], errors="ignore")


def assert_same(one: Path, other: Path) -> None:
    """Assert that two sweeps have the same tables, to the bit."""
    for there, here in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(
            without_commit(there), without_commit(here), check_exact=True
        )


def assert_trained_once(observer: Observer) -> None:
    """Assert that every run was recorded, and trained only once."""
    assert observer.twice() == []
    assert set(observer.trainings) == set(read_runs(observer._folder)["run_id"])


@pytest.mark.slow
@pytest.mark.exhaustive
def test_joblib_gives_what_one_worker_gives(alone: Alone, tmp_path: Path) -> None:
    said = run_lab(tmp_path, "-m", *GRID, "trainer.max_epochs=2", *JOBLIB)
    assert said.exit_code == 0, said.error
    assert "2 workers" in said.out
    assert "s: arms" in said.out
    assert said.error == ""
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    folder = tmp_path / "outputs" / "s"
    assert_same(alone(folder), folder)


@pytest.mark.exhaustive
@ALL
def test_two_workers_share_a_sweep(
    launcher: tuple[str, ...], alone: Alone, tmp_path: Path
) -> None:
    with sweep(tmp_path, *LONG, *launcher) as started:
        assert started.wait() == 0, started.said
        assert len(started.observer.workers) == 2
        assert_trained_once(started.observer)
        assert_same(alone(started.folder), started.folder)
        assert "s: arms" in started.said
        assert [path.name for path in started.here.iterdir()] == ["outputs"]
        assert [path.name for path in started.folder.parent.iterdir()] == ["s"]
        assert (started.folder / "submitit").is_dir() == (launcher == SUBMITIT)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_more_workers_than_cores_work_at_the_same_time(tmp_path: Path) -> None:
    words = (*LONG, "hydra/launcher=joblib", f"hydra.sweeper.n_workers={n_cores() + 1}")
    with sweep(tmp_path, *words) as started:
        assert started.wait() == 0, started.said
        assert len(started.observer.workers) == n_cores() + 1
        assert_trained_once(started.observer)


@ALL
def test_a_slip_of_many_workers_is_one_line(launcher: tuple[str, ...], tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "-m", *GRID, "optimizer.momentum=0.5", *launcher)
    assert said.exit_code == 2
    assert said.error.startswith("error: optimizer.momentum")
    assert said.error.count("error:") == said.error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("hydra.sweeper.n_workers=0", "hydra.sweeper.n_workers must be at least 1, got 0"),
    ],
)
def test_a_number_of_workers_that_cannot_be(word: str, says: str, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "-m", *GRID, word)
    assert said.exit_code == 2
    assert said.error.startswith("error: hydra.sweeper.n_workers")
    assert says in said.error
    assert said.error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@OWN_FIRST
def test_an_error_of_a_worker_is_told_once(launcher: tuple[str, ...], tmp_path: Path) -> None:
    """Workers fail because a file lies where the folder of the weights should be."""
    (tmp_path / "here" / "outputs" / "s").mkdir(parents=True)
    (tmp_path / "here" / "outputs" / "s" / "weights").write_text("a file")
    words = (*GRID, "trainer.max_epochs=1", "trainer.save_weights=true", *launcher)
    with sweep(tmp_path, *words) as started:
        assert started.wait() == 2, started.said
        assert started.said.count("error: ") == 1
        assert "weights" in started.said
        assert "Traceback" not in started.said
        assert started.command.wait_gone() is not None


@pytest.mark.slow
@OWN_FIRST
@pytest.mark.exhaustive
def test_a_killed_worker_is_replaced(
    launcher: tuple[str, ...], alone: Alone, tmp_path: Path
) -> None:
    with sweep(tmp_path, *GRID, "trainer.max_epochs=20", *launcher) as started:
        started.wait_for_runs()
        kill(started.workers()[0].pid)
        assert started.wait() == 0, started.said
        # Submitit's launcher notices it when the jobs before it have ended, or 15 s later.
        assert started.said.count(", and is replaced") == 1 or launcher == SUBMITIT
        assert "Traceback" not in started.said
        assert_trained_once(started.observer)
        assert_same(alone(started.folder), started.folder)
        assert started.command.wait_gone() is not None


@pytest.mark.slow
@pytest.mark.exhaustive  # for our own workers, `tests.test_kill` kills the parent, too
@OWN_FIRST
def test_workers_end_when_their_parent_is_killed(
    launcher: tuple[str, ...], alone: Alone, tmp_path: Path
) -> None:
    with sweep(tmp_path, *LONG, *launcher) as started:
        started.wait_for_runs()
        started.command.kill_parent()
        seconds = started.command.wait_gone()
        assert seconds is not None, f"left after {GONE_SECONDS} s: {started.command.children()}"
        started.observer.look()
        with sweep(tmp_path, *LONG, *launcher, log="again") as again:
            again.observer = started.observer
            assert again.wait() == 0, again.said
            assert_trained_once(again.observer)
            assert_same(alone(again.folder), again.folder)


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [pytest.param(OWN, id="own"), rest(JOBLIB, id="joblib")])
def test_a_second_command_joins_the_first(
    launcher: tuple[str, ...], alone: Alone, tmp_path: Path
) -> None:
    run_lab_forked(tmp_path, "--help")  # imports what the second command needs
    with (
        sweep(tmp_path, *HALF_AS_LONG, *launcher) as first,
        ThreadPoolExecutor(1) as other,
    ):
        first.wait_until((first.folder / "definition.json").exists)
        second = other.submit(run_lab_forked, first.here, "-m", *HALF_AS_LONG)
        assert first.wait() == 0, first.said
        said = second.result()
        assert said.exit_code == 0, said.error
        assert "joining" in said.out
        # On two cores, all runs may be taken before a third worker has started.
        assert len(first.observer.workers) >= 2
        assert_trained_once(first.observer)
        assert_same(alone(first.folder), first.folder)
        for text in (first.said, said.out + said.error):
            assert "s: arms" in text
            assert "s: settings" in text
            assert "Traceback" not in text


PROBE = """
import os, sys, threading, time
from pathlib import Path

def sample():
    torch = sys.modules.get("torch")
    if hasattr(torch, "get_num_threads"):
        (Path(os.environ["PROBE"]) / str(os.getpid())).write_text(str(torch.get_num_threads()))

def watch():
    while True:
        time.sleep(0.02)
        threading.Thread(target=sample, daemon=True).start()  # each thread has a number of its own

if "PROBE" in os.environ:
    threading.Thread(target=watch, daemon=True).start()
"""


@pytest.mark.exhaustive
@JOBLIB_FIRST
def test_workers_share_the_cores(
    launcher: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every Python process of the command writes torch's number of threads into a file."""
    probe, told = tmp_path / "probe", tmp_path / "told"
    probe.mkdir()
    told.mkdir()
    (probe / "sitecustomize.py").write_text(PROBE)
    monkeypatch.setenv("PYTHONPATH", str(probe))
    monkeypatch.setenv("PROBE", str(told))
    words = [text for text in LONG if not text.startswith("hydra.sweeper.population_size")]
    words += ["hydra.sweeper.population_size=64", *launcher]
    with sweep(tmp_path, *words) as started:
        started.wait_for_runs()
        n_threads = [
            int((told / str(each.pid)).read_text() or 1)
            for each in started.workers()
            if (told / str(each.pid)).exists()
        ]
        assert len(n_threads) == 2
        assert sum(n_threads) <= max(2, n_cores())


def test_the_plan_says_how_many_workers(tmp_path: Path) -> None:
    """Without ``n_workers``, joblib's own setting counts."""
    plan = ("-m", *GRID, "trainer.max_epochs=1", "hydra.sweeper.dry_run=true")
    joblib = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=3")
    assert ", 3 workers" in run_lab_forked(tmp_path, *plan, *joblib).out
    every = run_lab_forked(tmp_path, *plan, "hydra/launcher=joblib").out
    assert (f", {n_cores()} workers" in every) == (n_cores() > 1)
    assert "workers" not in run_lab_forked(tmp_path, *plan).out
