"""Workers are started, watched, replaced and stopped together; here in threads."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.definition import Definition, stored_definition
from ffnn_lab.population import Member
from ffnn_lab.records import RecordError, read_runs, read_trials
from ffnn_lab.sweeper import leases, pool
from ffnn_lab.sweeper.agenda import Progress
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases
from ffnn_lab.sweeper.notices import FOLDER
from ffnn_lab.sweeper.pool import (
    MAX_IDLE_LAUNCHES,
    Job,
    Post,
    Teller,
    lead,
    n_cores,
    open_sweep,
    work_alone,
    work_at,
    workers_of,
)
from ffnn_lab.sweeper.signals import deaf, stopped_by_signals
from ffnn_lab.sweeper.storage import Storage
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from tests.support.builders import make_run
from tests.support.sweeps import Stopper, make_definition, tables, work

SetThreads = Callable[[int], None]


class Listener(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.last: Progress | None = None

    def notice(self, text: str) -> None:
        """Keep a line."""
        self.notices.append(text)

    def progress(self, progress: Progress) -> None:
        """Keep how far the sweep is."""
        self.last = progress


def completed(value: object = None) -> SimpleNamespace:
    """Make what a launcher gives for a job that ended well."""
    return SimpleNamespace(status=SimpleNamespace(name="COMPLETED"), _return_value=value)


def failed(error: BaseException) -> SimpleNamespace:
    """Make what a launcher gives for a job that raised."""
    return SimpleNamespace(status=SimpleNamespace(name="FAILED"), _return_value=error)


class Threads:
    """A launcher of threads."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def _run(self, _overrides: Sequence[str]) -> SimpleNamespace:
        try:
            return completed(self._job(None))
        except Exception as error:  # noqa: BLE001 - as Hydra does
            return failed(error)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Any:  # noqa: ANN401 - Hydra's
        """Run the jobs at the same time."""
        del initial_job_idx
        with ThreadPoolExecutor(len(job_overrides)) as threads:
            jobs = [threads.submit(self._run, each) for each in job_overrides]
            while not all(job.done() for job in jobs):  # as real ones do, to hear signals
                time.sleep(0.01)
            return [job.result() for job in jobs]


class Script:
    """A launcher that does as told, one deed for each launch; the last one over and over."""

    def __init__(self, *deeds: Callable[[int], Any]) -> None:
        self._deeds = deeds
        self.first_jobs: list[int] = []

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Any:  # noqa: ANN401 - Hydra's
        """Do the next deed."""
        deed = self._deeds[min(len(self.first_jobs), len(self._deeds) - 1)]
        self.first_jobs.append(initial_job_idx)
        return deed(len(job_overrides))

    def make(self, _job: Job) -> "Script":
        """Be made for each launch."""
        return self


def die(_n_workers: int) -> Any:  # noqa: ANN401 - never anything
    """Raise as a launcher does whose worker was killed."""
    msg = "a worker was killed\nand more"
    raise RuntimeError(msg)


def do_all(post: Post) -> Callable[[int], Any]:
    """Make the deed of one worker that works to the end."""

    def deed(_n_workers: int) -> list[SimpleNamespace]:
        work_at(post)
        return [completed()]

    return deed


def begin(outputs: Path, definition: Definition, **changes: object) -> Post:
    """Open a sweep, and write its workers' post."""
    watcher = Watcher()
    open_sweep(definition, outputs, storage_url=None, retry_failed=False, watcher=watcher)
    post = Post(str(outputs / definition.name), None, 2, 0)
    return replace(post, **changes)  # type: ignore[arg-type]


def assert_same(one: Path, other: Path) -> None:
    """Assert that two sweeps have the same tables."""
    for there, here in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(there, here, check_exact=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, set_threads: SetThreads) -> None:
    """Look often; and leave torch's number of threads as it was."""
    set_threads(1)
    monkeypatch.setattr(pool, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(leases, "LOOK_SECONDS", 0.05)


# --- leading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["grid", "random"])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_workers_together_give_what_one_gives(
    protocol: str, n_workers: int, tmp_path: Path
) -> None:
    definition = make_definition(protocol, population_size=3)
    alone = work(tmp_path / "alone", definition)
    post = begin(tmp_path / "together", definition, n_workers=n_workers)
    listener = Listener()
    lead(post, Threads, listener)
    assert listener.notices == []
    assert listener.last is not None
    assert listener.last.n_done == listener.last.n_asked
    assert_same(alone, Path(post.folder))
    for table in ("runs", "trials", "curves"):
        assert len(list((Path(post.folder) / table).iterdir())) == 1  # compacted


def test_what_workers_have_to_say_is_shown_once(tmp_path: Path) -> None:
    """Their launcher shows nothing of theirs. Where checkpoints should go, there is a file."""
    config = {"trainer.checkpoint_seconds": 1e-6, "trainer.max_epochs": 3}
    definition = make_definition("grid", population_size=3)
    arms = [arm.with_config(with_values(arm.config, config)) for arm in definition.arms]
    post = begin(tmp_path, replace(definition, arms=tuple(arms)), n_workers=2)
    (Path(post.folder) / "checkpoints").write_text("a file")
    listener = Listener()
    lead(post, Threads, listener)
    (line,) = listener.notices
    assert line.startswith("no checkpoint can be written to")
    assert not (Path(post.folder) / FOLDER).exists()


def test_workers_of_tpe_keep_the_budget(tmp_path: Path) -> None:
    """Which settings it proposes depends on who ends first, how many does not."""
    definition = make_definition("tpe")
    post = begin(tmp_path, definition, n_workers=3)
    lead(post, Threads, Watcher())
    trials = read_trials(Path(post.folder))
    tune = trials[trials["stage"] == "tune"]
    assert tune.groupby("arm").size().to_dict() == {"sgd": 4 * 2, "adam": 4 * 2}
    assert len(trials) - len(tune) == 2 * 2 * 3


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    script = Script(die, do_all(post))
    listener = Listener()
    lead(post, script.make, listener)
    assert listener.notices == [
        "a worker ended before its time (RuntimeError: a worker was killed): replaced"
    ]
    assert script.first_jobs == [0, 2]
    assert_same(work(tmp_path / "alone", make_definition("grid")), Path(post.folder))


def test_a_worker_killed_after_the_last_run_is_not_replaced(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    listener = Listener()
    script = Script(lambda n: die(len(do_all(post)(n))))
    lead(post, script.make, listener)
    assert listener.notices == []
    assert script.first_jobs == [0]


def test_workers_that_only_die_are_not_replaced_forever(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    script = Script(die)
    with pytest.raises(RecordError, match=r"RuntimeError: a worker was killed; .*same command"):
        lead(post, script.make, Watcher())
    assert 2 <= len(script.first_jobs) <= MAX_IDLE_LAUNCHES + 1


@pytest.mark.slow
def test_workers_that_die_after_some_work_are_replaced_as_often_as_need_be(
    tmp_path: Path,
) -> None:
    definition = make_definition("grid", population_size=1)
    post = begin(tmp_path, definition)

    def work_a_little(n_workers: int) -> Any:  # noqa: ANN401 - Hydra's
        try:
            work_at(post, watcher=Stopper(after=2))
        except StoppedError:
            die(n_workers)
        return [completed()]

    script = Script(work_a_little)
    lead(post, script.make, Watcher())
    assert len(script.first_jobs) > MAX_IDLE_LAUNCHES + 1
    assert_same(work(tmp_path / "alone", definition), Path(post.folder))


def test_a_worker_that_was_stopped_alone_is_replaced(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    stopped = [failed(StoppedError()), completed()]
    script = Script(lambda _n: stopped, do_all(post))
    listener = Listener()
    lead(post, script.make, listener)
    assert listener.notices == ["a worker ended before its time (StoppedError): replaced"]


@pytest.mark.parametrize("error", [ConfigError("a slip"), OSError("no space left")])
def test_what_every_worker_would_meet_is_raised(error: Exception, tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    script = Script(lambda _n: [completed(), failed(RuntimeError("killed")), failed(error)])
    with pytest.raises(type(error), match=str(error)):
        lead(post, script.make, Watcher())
    assert script.first_jobs == [0]


def test_a_slip_that_a_thread_meets_is_raised(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    (Path(post.folder) / "runs").write_text("a file")
    with pytest.raises(OSError, match="runs"):
        lead(post, Threads, Watcher())


@pytest.mark.slow
def test_workers_stop_with_their_leader(tmp_path: Path) -> None:
    """A signal to the process that leads; its workers hear of it by the journal."""
    definition = make_definition("grid", population_size=2)
    arms = [
        arm.with_config(with_values(arm.config, {"trainer.max_epochs": 40}))
        for arm in definition.arms
    ]
    definition = replace(definition, arms=tuple(arms))
    post = begin(tmp_path, definition)

    class Interrupter(Listener):
        def progress(self, progress: Progress) -> None:
            super().progress(progress)
            if sum(progress.n_done.values()) and not self.notices:
                os.kill(os.getpid(), signal.SIGINT)
                self.notices.append("sent")

    listener = Interrupter()
    with pytest.raises(StoppedError):
        lead(post, Threads, listener)
    assert any("Ctrl-C again stops at once" in notice for notice in listener.notices)
    assert 0 < len(read_runs(Path(post.folder))) < definition.n_runs
    lead(post, Threads, Watcher())
    assert_same(work(tmp_path / "alone", definition), Path(post.folder))


def test_nothing_of_a_leader_is_left(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    lead(post, Threads, Watcher())
    notes = Storage(Path(post.folder), None).open_attributes("test/.workers").read()
    assert set(notes.values()) == {None}


# --- alone -------------------------------------------------------------------------------------


def test_one_worker_alone_raises_what_it_raises(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"), n_workers=1)
    stopper = Stopper()
    with pytest.raises(StoppedError):
        work_alone(post, Threads, stopper)
    assert stopper.n_trained > 0
    work_alone(post, Threads, Watcher())
    assert_same(work(tmp_path / "alone", make_definition("grid")), Path(post.folder))


def test_workers_of_one_machine_share_its_cores(tmp_path: Path, set_threads: SetThreads) -> None:
    post = begin(tmp_path, make_definition("grid"))
    work_at(post)
    n_workers = 2
    for parent, expected in (
        (None, 2 * n_cores()),
        (Identity("far", "elsewhere", 1), 2 * n_cores()),
        (Identity.of_this_process(), max(1, n_cores() // n_workers)),
    ):
        set_threads(2 * n_cores())
        attributes = Storage(Path(post.folder), None).open_attributes("test/.workers")
        if parent is not None:
            Leases(attributes, parent)._beat()
        work_at(replace(post, n_workers=n_workers, parent=parent))
        assert torch.get_num_threads() == expected


def test_a_leader_is_no_worker(tmp_path: Path) -> None:
    """What there is, is shared between workers."""
    storage = Storage(tmp_path, None)
    lease = [
        Leases(
            storage.open_attributes("s/.workers"),
            Identity.of_this_process(),
            is_worker=each != 0,
        )
        for each in range(3)
    ]
    with lease[0], lease[1], lease[2]:
        assert lease[1].n_workers() == 2
        assert len(lease[1].living()) == 2


def test_a_worker_tells_how_far_its_population_is() -> None:
    teller = Teller()
    assert teller.told() == 0
    config = make_run({"trainer.max_epochs": 4})
    members = [Member(config, "a"), Member(config, "b")]
    for epoch in range(1, 3):
        for member in members:
            member.epoch = epoch
        teller.epoch(members)
    assert teller.told() == 1.0
    teller.progress(Progress({}, {}, {}))
    assert teller.told() == 0


def test_a_worker_that_is_shown_tells_how_far_it_is_too() -> None:
    """Whoever asks for the status of a sweep in one process reads it in its beat."""
    told: list[object] = []

    class Display(Watcher):
        def epoch(self, members: object) -> None:
            told.append(members)

        def progress(self, progress: object) -> None:
            told.append(progress)

        def in_training(self, workers: object) -> None:
            told.append(workers)

        def notice(self, text: str) -> None:
            told.append(text)

    teller = Teller(Display())
    member = Member(make_run({"trainer.max_epochs": 4}), "a")
    member.epoch = 1
    teller.epoch([member])
    assert teller.told() == 0.25
    progress = Progress({}, {}, {})
    teller.progress(progress)
    teller.in_training({"a": 0.5})
    teller.notice("a line")
    assert told == [[member], progress, {"a": 0.5}, "a line"]


# --- opening -----------------------------------------------------------------------------------


def grown(definition: Definition) -> Definition:
    """Ask for one seed more."""
    return replace(definition, tune_seeds=(*definition.tune_seeds, 2))


def beat_of(folder: Path, definition: Definition, me: Identity) -> None:
    """Leave the beat of a process."""
    Leases(Storage(folder, None).open_attributes(workers_of(definition)), me)._beat()


def test_a_sweep_at_work_is_joined_but_not_changed(tmp_path: Path) -> None:
    definition, listener = make_definition("grid"), Listener()
    folder = work(tmp_path, definition)

    def open_it(asked: Definition, *, retry_failed: bool = False) -> None:
        open_sweep(asked, tmp_path, storage_url=None, retry_failed=retry_failed, watcher=listener)

    beat_of(folder, definition, replace(Identity.of_this_process(), name="other"))
    open_it(definition)
    assert listener.notices == ["1 processes are at work on this sweep: joining them"]
    with pytest.raises(RecordError, match="is being worked on by other processes"):
        open_it(grown(definition))
    with pytest.raises(RecordError, match="is being worked on by other processes"):
        open_it(definition, retry_failed=True)
    assert stored_definition(folder).tune_seeds == definition.tune_seeds


def test_a_sweep_whose_workers_on_another_machine_died_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were killed with their machine, so that nobody took their beat away."""
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    definition, listener = make_definition("grid"), Listener()
    folder = work(tmp_path, definition)
    beat_of(folder, definition, Identity("far", "elsewhere", 1))
    open_sweep(grown(definition), tmp_path, storage_url=None, retry_failed=False, watcher=listener)
    assert listener.notices == []
    assert stored_definition(folder).tune_seeds == (0, 1, 2)


def test_a_folder_without_a_definition_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"has no definition\.json"):
        work_at(Post(str(tmp_path / "nothing"), None, 1, 0))


# --- signals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_asks_and_a_second_interrupts(number: signal.Signals) -> None:
    stop, listener = threading.Event(), Listener()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    with stopped_by_signals(stop, listener.notice):
        os.kill(os.getpid(), number)
        assert stop.wait(10)
        until = time.monotonic() + 10
        while not listener.notices and time.monotonic() < until:
            time.sleep(0.01)
        assert listener.notices == [
            "stopping at the end of this epoch; Ctrl-C again stops at once"
        ]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert {each: signal.getsignal(each) for each in before} == before


def test_signals_do_not_wait_for_what_they_interrupt() -> None:
    """The event's own lock is held when the signal comes; a handler that took it would hang."""
    stop = threading.Event()
    with stopped_by_signals(stop, Watcher().notice):
        with stop._cond:  # type: ignore[attr-defined] # not in its stub
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        assert stop.wait(10)


@pytest.mark.slow
def test_a_process_started_in_deafness_hears_again_when_it_can() -> None:
    """It gets then what it was sent before."""
    code = (
        "import os, signal, threading, time\n"
        "from ffnn_lab.sweeper.signals import stopped_by_signals\n"
        "from ffnn_lab.sweeper.worker import Watcher\n"
        "class Slow(Watcher):\n"
        "    def notice(self, message):\n"
        "        time.sleep(1)  # its thread outlives the block, and is deaf as well\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "stop = threading.Event()\n"
        "with stopped_by_signals(stop, Slow().notice):\n"
        "    assert stop.wait(10)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "assert signal.SIGINT in signal.sigpending()\n"
        "print('well')\n"
    )
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with deaf():
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
        )
    assert (done.stdout, done.stderr) == ("well\n", "")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == heard


def test_a_leader_that_is_told_to_stop_starts_nobody(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    stop, script = threading.Event(), Script(die)
    stop.set()
    with pytest.raises(StoppedError):
        lead(post, script.make, Watcher(), stop)
    assert script.first_jobs == []
    with pytest.raises(StoppedError):
        work_alone(post, Threads, Watcher(), stop)
    assert len(read_runs(Path(post.folder))) == 0


def test_a_thread_handles_no_signals() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with stopped_by_signals(threading.Event(), Watcher().notice):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= n_cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert n_cores() == (os.cpu_count() or 1)
