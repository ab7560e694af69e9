"""Ctrl-C and SIGTERM: a stopped command says how to go on, and leaves no process behind."""

import contextlib
import fcntl
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from ffnn_lab.checkpoints import load_checkpoint
from ffnn_lab.records import read_curves, read_runs, read_trials
from tests.support.command_line import Forked, run_lab_forked, start_lab_forked
from tests.support.exhaustive import first, rest
from tests.support.kill import GONE_SECONDS, MOST_SECONDS, Command, Watch
from tests.support.sweeps import Alone, tables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

WORDS = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1,1.0",
    "trainer.max_epochs=30",
    "tracking=off",
    "hydra.sweeper.name=s",
    "hydra.sweeper.tune.n_seeds=2",
    "hydra.sweeper.confirm.n_seeds=2",
    "hydra.sweeper.population_size=4",
)
ALONE = ("hydra.sweeper.n_workers=1",)
OWN = ("hydra.sweeper.n_workers=2",)
JOBLIB = ("hydra/launcher=joblib", "hydra.sweeper.n_workers=2")
SUBMITIT = ("hydra/launcher=submitit_local", "hydra.sweeper.n_workers=2")
INTERRUPTED = 130


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Let child processes get Ctrl-C and SIGHUP even if these tests run in the background."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Sweep:
    """A command line at work, which a user stops."""

    def __init__(self, root: Path, *words: str, log: str = "log", is_fresh: bool = False) -> None:
        """Start the command in ``root``."""
        self.folder = root / "outputs" / "s"
        self._log = root / log
        self.command = Command(words, root, self._log, is_fresh=is_fresh)
        self._watch = Watch(self.folder)

    @property
    def said(self) -> str:
        """Return all that the command wrote to standard output and standard error."""
        return self._log.read_text()

    def wait(self) -> int:
        """Wait for the end of the command, and return its exit code."""
        code = self.command.wait(MOST_SECONDS, self._watch)
        assert code is not None, f"it hangs; it said:\n{self.said}"
        return code

    def wait_for(self, is_so: Callable[[], object]) -> None:
        """Wait until ``is_so`` returns true, while the command works."""
        while not is_so():
            code = self.command.wait(self.command.seconds + 0.05, self._watch)
            assert code is None, f"it ended with {code}; it said:\n{self.said}"
            assert self.command.seconds < MOST_SECONDS, self.said

    def wait_for_runs(self) -> None:
        """Wait until a population is recorded, and the next one is in training."""
        self.wait_for(lambda: self._watch.trainings)
        time.sleep(0.3)

    def send(self, number: signal.Signals = signal.SIGINT, *, to_all: bool = False) -> None:
        """Send a signal to the command's first process, or to all, as a terminal does."""
        if to_all:
            os.killpg(self.command._process.pid, number)
        else:
            self.command._process.send_signal(number)

    def assert_gone(self) -> None:
        """Assert that no process of the command is left."""
        seconds = self.command.wait_gone()
        assert seconds is not None, f"left after {GONE_SECONDS} s: {self.command.children()}"


@contextmanager
def sweep(root: Path, *words: str, log: str = "log", is_fresh: bool = False) -> Iterator[Sweep]:
    """Start a sweep, and kill what is left of it at the end."""
    started = Sweep(root, *words, log=log, is_fresh=is_fresh)
    try:
        yield started
    finally:
        started.command.kill_all()


def without_commit(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that change when somebody commits between two commands."""
    return table.drop(columns=["git.commit", "git.is_dirty"], errors="ignore")


def assert_goes_on(stopped: Sweep, words: tuple[str, ...], root: Path, alone: Alone) -> None:
    """Assert that the same command ends as if nobody had stopped it."""
    n_before = len(read_runs(stopped.folder))
    said = run_lab_forked(root, "-m", *words)
    assert said.exit_code == 0, said.error
    calm = alone(stopped.folder)
    assert 0 < n_before < len(read_runs(calm))
    stopped._watch.look()
    assert stopped._watch.twice() == []
    for there, here in zip(tables(calm), tables(stopped.folder), strict=True):
        pd.testing.assert_frame_equal(
            without_commit(there), without_commit(here), check_exact=True
        )


def assert_stopped_well(stopped: Sweep, n_workers: int) -> None:
    """Assert that a stopped sweep kept its records and checkpoints, and said so."""
    assert stopped.said.count("stopping at the end of this epoch") == 1
    assert "Traceback" not in stopped.said
    assert "error: " not in stopped.said
    runs = read_runs(stopped.folder)
    assert f"stopped: {len(runs)} runs are recorded" in stopped.said
    assert set(read_trials(stopped.folder)["run_id"]) == set(runs["run_id"])
    assert set(read_curves(stopped.folder)["run_id"]) == set(runs["run_id"])
    left = [load_checkpoint(path) for path in (stopped.folder / "checkpoints").iterdir()]
    assert 1 <= len(left) <= n_workers  # a worker may have been between two populations
    members = [each.member for snapshots in left for each in snapshots.values()]
    assert members  # of any epoch: the signal may come before a member's first epoch
    assert all(member.epoch < member.config.trainer.max_epochs for member in members)
    assert not {member.run_id for member in members} & set(runs["run_id"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_worker_finishes_its_epoch(
    number: signal.Signals, alone: Alone, tmp_path: Path
) -> None:
    with sweep(tmp_path, *WORDS, *ALONE) as started:
        started.wait_for_runs()
        started.send(number)
        assert started.wait() == INTERRUPTED, started.said
        assert_stopped_well(started, n_workers=1)
        last = started.said.splitlines()[-1]
        python, *words = shlex.split(last)
        assert (python, words[:3]) == ("python", ["-m", "ffnn_lab.run", "-m"])
        assert_goes_on(started, tuple(words[3:]), tmp_path, alone)
        assert not list((started.folder / "checkpoints").iterdir())


@pytest.mark.slow
@pytest.mark.exhaustive
def test_two_signals_stop_one_worker_at_once(alone: Alone, tmp_path: Path) -> None:
    with sweep(tmp_path, *WORDS, *ALONE) as started:
        started.wait_for_runs()
        started.send()
        time.sleep(0.002)
        started.send()
        sent = time.monotonic()
        assert started.wait() == INTERRUPTED, started.said
        assert time.monotonic() - sent < 5
        assert "Traceback" not in started.said
        assert any(words in started.said for words in LAST_WORDS)
        assert_goes_on(started, (*WORDS, *ALONE), tmp_path, alone)


PARENT, ALL = "the parent", "all"


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [OWN, rest(JOBLIB)], ids=["own", "joblib"])
@pytest.mark.parametrize(
    ("number", "to"),
    [
        (signal.SIGINT, ALL),
        rest(signal.SIGTERM, PARENT),
        rest(signal.SIGINT, PARENT),
        rest(signal.SIGTERM, ALL),
        rest(signal.SIGHUP, ALL),
    ],
)
def test_all_workers_finish_their_epoch(
    launcher: tuple[str, ...], number: signal.Signals, to: str, alone: Alone, tmp_path: Path
) -> None:
    words = (*WORDS, *launcher)
    with sweep(tmp_path, *words) as started:
        started.wait_for_runs()
        started.send(number, to_all=to == ALL)
        assert started.wait() == INTERRUPTED, started.said
        started.assert_gone()
        assert_stopped_well(started, n_workers=2)
        assert_goes_on(started, words, tmp_path, alone)


@pytest.mark.exhaustive
@pytest.mark.parametrize("to", [rest(ALL), PARENT])
@pytest.mark.parametrize("launcher", [OWN, rest(JOBLIB)], ids=["own", "joblib"])
def test_two_signals_stop_all_workers_at_once(
    launcher: tuple[str, ...], to: str, alone: Alone, tmp_path: Path
) -> None:
    words = (*WORDS, *launcher)
    with sweep(tmp_path, *words) as started:
        started.wait_for_runs()
        started.send(to_all=to == ALL)
        time.sleep(0.002)
        started.send(to_all=to == ALL)
        sent = time.monotonic()
        assert started.wait() == INTERRUPTED, started.said
        started.assert_gone()
        assert time.monotonic() - sent < 10
        assert "Traceback" not in started.said
        assert_goes_on(started, words, tmp_path, alone)


LAST_WORDS = "repeat the same command to continue", "Continue with"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, rest(signal.SIGTERM)])
@pytest.mark.parametrize("launcher", [OWN, rest(JOBLIB), rest(SUBMITIT), rest(ALONE)])
def test_more_signals_add_nothing_to_the_last_word(
    launcher: tuple[str, ...], number: signal.Signals, tmp_path: Path
) -> None:
    """Late signals reach Python at its exit, where a library cut off would print a traceback."""
    with sweep(tmp_path, *WORDS, *launcher, is_fresh=True) as started:
        started.wait_for((started.folder / "definition.json").exists)
        started.send(number, to_all=True)
        until = time.monotonic() + MOST_SECONDS
        while not any(words in started.said for words in LAST_WORDS):
            assert time.monotonic() < until, started.said
            time.sleep(0.01)
        for _ in range(10):
            started.send(number, to_all=True)
            time.sleep(0.03)
        assert started.wait() == INTERRUPTED, started.said
        started.assert_gone()
        _, _, after = started.said.rpartition(next(w for w in LAST_WORDS if w in started.said))
        assert after.count("\n") <= 2, started.said  # the sentence's end, and a command
        assert "Traceback" not in started.said


@pytest.mark.slow
@pytest.mark.parametrize("to", [PARENT, ALL])
@pytest.mark.exhaustive
def test_workers_of_submitit_stop(to: str, alone: Alone, tmp_path: Path) -> None:
    """Submitit's own controllers, if they get Ctrl-C, give a worker a second to end."""
    words = (*WORDS, *SUBMITIT)
    with sweep(tmp_path, *words) as started:
        started.wait_for_runs()
        started.send(to_all=to == ALL)
        assert started.wait() == INTERRUPTED, started.said
        started.assert_gone()
        assert "Traceback" not in started.said
        assert_goes_on(started, words, tmp_path, alone)


def has_loaded(started: Sweep, library: str) -> bool:
    """Return True if the command's first process has begun to load a library."""
    return library in Path(f"/proc/{started.command._process.pid}/maps").read_text()


def assert_ends_quietly(started: Sweep) -> None:
    """Assert that Ctrl-C, as a terminal sends it, ends a sweep that did not train yet."""
    started.send(to_all=True)
    code = started.wait()
    assert (code, "Traceback" in started.said) == (INTERRUPTED, False), started.said
    assert any(words in started.said for words in LAST_WORDS)
    started.assert_gone()


@pytest.mark.parametrize(
    "library",
    [
        "libtorch_python",
        pytest.param("pyarrow", marks=pytest.mark.slow),
        *(
            pytest.param(each, marks=[pytest.mark.slow, pytest.mark.exhaustive])
            for each in ("_yaml", "_multiarray_umath", "libtorch_cpu", "pandas/_libs")
        ),
    ],
)
def test_a_signal_amid_imports(library: str, tmp_path: Path) -> None:
    """During imports, a KeyboardInterrupt could turn into any other error, or into none."""
    with sweep(tmp_path, *WORDS, is_fresh=True) as started:
        started.wait_for(lambda: has_loaded(started, library))
        assert_ends_quietly(started)
        assert not (tmp_path / "outputs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", first(1, [1.0, 0.5, 2.0, 0.0, 1.5, 3.0]))
@pytest.mark.parametrize("launcher", [OWN, rest(JOBLIB), rest(SUBMITIT)])
def test_a_signal_while_workers_start(
    launcher: tuple[str, ...], seconds: float, tmp_path: Path
) -> None:
    with sweep(tmp_path, *WORDS, *launcher) as started:
        started.wait_for(lambda: "populations of at most" in started.said)
        started.command.wait(started.command.seconds + seconds, started._watch)
        assert_ends_quietly(started)


SHOWS_THE_CURSOR = b"\x1b[?25h"


@pytest.mark.slow
def test_a_terminal_gets_its_cursor_back(tmp_path: Path) -> None:
    """The sweep is stopped while its display is shown and another process holds the lock."""
    folder = tmp_path / "outputs" / "s"
    folder.mkdir(parents=True)
    ours, theirs = pty.openpty()
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-m", "ffnn_lab.run", "-m", *WORDS, *ALONE],
            cwd=tmp_path,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            said = b""
            while b"best tuning score" not in said:
                said += os.read(ours, 4096)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == INTERRUPTED
            with contextlib.suppress(OSError):  # which Linux raises at the end of a terminal
                while more := os.read(ours, 4096):
                    said += more
        finally:
            process.kill()
            process.wait()
            os.close(ours)
    assert b"Traceback" not in said
    assert said.rfind(SHOWS_THE_CURSOR) > said.rfind(b"best tuning score")


SINGLE = ("trainer.max_epochs=150", "trainer.checkpoint_seconds=0.2", "tracking=off")


@dataclass(frozen=True)
class SingleRun:
    """A command line of one run at work."""

    process: Forked
    out: Path
    error: Path

    def end(self, seconds: float) -> tuple[int, str, str]:
        """Wait for the end, and return the exit code, standard output and standard error."""
        code = self.process.wait(seconds)
        return code, self.out.read_text(), self.error.read_text()


@contextmanager
def single_run(root: Path, words: Sequence[str] = SINGLE) -> Iterator["SingleRun"]:
    """Start a single run of many epochs, and yield it when it has begun to train."""
    out, error = root / "out", root / "error"
    for path in (out, error):
        path.unlink(missing_ok=True)
    process = start_lab_forked(root, words, out, error=error)
    try:
        until = time.monotonic() + MOST_SECONDS
        while not list(root.glob("outputs/.run-*/")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(1)
        yield SingleRun(process, out, error)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_single_run_goes_on_however_it_was_ended(tmp_path: Path) -> None:
    """SIGHUP lets the run finish its epoch, SIGKILL does not; numbers are the same to the bit."""
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    calm.mkdir()
    rough.mkdir()
    assert run_lab_forked(calm, *SINGLE).exit_code == 0
    for number in (signal.SIGHUP, signal.SIGKILL):
        with single_run(rough) as run:
            run.process.send_signal(number)
            code, out, error = run.end(30)
        assert code == (INTERRUPTED if number == signal.SIGHUP else -number), error
        assert "Traceback" not in out + error
        assert ("stopped after epoch" in error) == (number == signal.SIGHUP)
        (begun,) = (rough / "outputs").glob(".run-*/checkpoint.pt")
        assert max(each.member.epoch for each in load_checkpoint(begun).values()) > 0
    said = run_lab_forked(rough, *SINGLE)
    assert said.exit_code == 0, said.error
    assert "going on after epoch" in said.out
    (there,), (here,) = ((root / "outputs").iterdir() for root in (calm, rough))
    for one, other in zip(tables(there), tables(here), strict=True):
        pd.testing.assert_frame_equal(without_commit(one), without_commit(other), check_exact=True)


@pytest.mark.slow
def test_a_single_run_that_keeps_nothing_leaves_nothing(tmp_path: Path) -> None:
    words = ("trainer.max_epochs=5000", "trainer.checkpoint_seconds=null", "tracking=off")
    with single_run(tmp_path, words) as run:
        run.process.send_signal(signal.SIGINT)
        code, out, error = run.end(30)
    assert code == INTERRUPTED
    assert "Traceback" not in out + error
    assert "not saved" in error
    assert list((tmp_path / "outputs").iterdir()) == []


@pytest.mark.exhaustive
def test_of_two_equal_single_runs_the_second_waits(tmp_path: Path) -> None:
    with single_run(tmp_path) as first_one:
        said = run_lab_forked(tmp_path, *SINGLE)
        code, _, error = first_one.end(60)
    assert (code, said.exit_code) == (0, 0), error + said.error
    assert "another process is training run-" in said.out
    (folder,) = (tmp_path / "outputs").iterdir()
    assert len(read_runs(folder)) == 1
