"""Workers are started, watched, replaced and stopped together; these tests run them in threads."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.config.sweep import PrunerConfig
from ffnn_lab.progress import Progress
from ffnn_lab.records import RecordError, read_runs
from ffnn_lab.sweeper import leases, supervisor
from ffnn_lab.sweeper.notices import FOLDER
from ffnn_lab.sweeper.process import work_at
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.supervisor import MAX_IDLE_LAUNCHES, lead, work_alone
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from tests.support.exhaustive import rest
from tests.support.sweeps import Alone, Stopper, make_definition, work
from tests.support.workers import (
    Listener,
    Script,
    Threads,
    assert_same,
    begin,
    completed,
    die,
    do_all,
    failed,
)

HALVING = PrunerConfig(
    name="successive_halving", n_startup_trials=0, min_epochs=1, reduction_factor=2
)
SetThreads = Callable[[int], None]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, set_threads: SetThreads) -> None:
    """Shorten the intervals between looks, and restore torch's number of threads afterwards."""
    set_threads(1)
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(leases, "LOOK_SECONDS", 0.05)


@pytest.mark.parametrize(
    ("protocol", "n_workers"), [("grid", 3), ("random", 1), rest("grid", 1), rest("random", 3)]
)
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


@pytest.mark.parametrize(
    ("protocol", "pruner"),
    [("tpe", HALVING), rest("cmaes", None), rest("tpe", None), rest("cmaes", HALVING)],
)
def test_workers_together_propose_what_one_proposes(
    protocol: str, pruner: PrunerConfig | None, tmp_path: Path
) -> None:
    """There are 13 settings, enough for samplers to learn from scores, in batches of three."""
    definition = make_definition(
        protocol, n_settings=13, n_parallel=3, tune_seeds=(0,), confirm_seeds=(), pruner=pruner
    )
    alone = work(tmp_path / "alone", definition)
    post = begin(tmp_path / "together", definition, n_workers=4)
    lead(post, Threads, Watcher())
    assert_same(alone, Path(post.folder))
    assert ("pruned" in set(read_runs(alone)["status"])) == (pruner is not None)


def test_what_workers_have_to_say_is_shown_once(tmp_path: Path) -> None:
    """Two workers cannot write checkpoints, since a file lies in the folder's place.

    Launchers do not show what workers print, so the leader must show the notice, and only once.
    """
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


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    script = Script(die, do_all(post))
    listener = Listener()
    lead(post, script.make, listener)
    assert listener.notices == [
        "a worker ended before the sweep was done (RuntimeError: a worker was killed), and is "
        "replaced"
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
@pytest.mark.exhaustive
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
    assert listener.notices == [
        "a worker ended before the sweep was done (StoppedError), and is replaced"
    ]


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
def test_workers_stop_with_their_leader(alone: Alone, tmp_path: Path) -> None:
    """The leading process gets a signal, and its workers learn of it from the journal."""
    definition = make_definition("grid", population_size=2)
    arms = [
        arm.with_config(with_values(arm.config, {"trainer.max_epochs": 20}))
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
    assert_same(alone(Path(post.folder)), Path(post.folder))


def test_nothing_of_a_leader_is_left(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"))
    lead(post, Threads, Watcher())
    notes = Storage(Path(post.folder), None).open_attributes("test/.workers").read()
    assert set(notes.values()) == {None}


def test_one_worker_alone_raises_what_it_raises(tmp_path: Path) -> None:
    post = begin(tmp_path, make_definition("grid"), n_workers=1)
    stopper = Stopper()
    with pytest.raises(StoppedError):
        work_alone(post, Threads, stopper)
    assert stopper.n_trained > 0
    work_alone(post, Threads, Watcher())
    assert_same(work(tmp_path / "alone", make_definition("grid")), Path(post.folder))


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
