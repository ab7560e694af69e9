"""The process that a user starts: it trains alone, or starts and replaces workers."""

import functools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ffnn_lab.config import UserError
from ffnn_lab.definition import Definition, stored_definition
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.agenda import Agenda
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases, workers_of
from ffnn_lab.sweeper.notices import Notices
from ffnn_lab.sweeper.process import Post, work_at, work_under
from ffnn_lab.sweeper.signals import deaf, stopped_by_signals
from ffnn_lab.sweeper.studies.server import Patience, is_trouble, reason_of, waiting_text
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.studies.urls import split_password
from ffnn_lab.sweeper.weights import runs_without_weights
from ffnn_lab.sweeper.worker import StoppedError, Watcher
from ffnn_lab.terminal import several

LOOK_SECONDS = 1.0
"""Seconds between two looks at the progress of the workers."""
MAX_IDLE_LAUNCHES = 3
"""Number of launches in a row in which no run was recorded, after which workers are no longer
replaced."""
Job = Callable[[Any], None]
"""Type of a function that a launcher runs; it takes a composed config, which a worker does not
need."""


class Launcher(Protocol):
    """Interface of a Hydra launcher."""

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Any:  # noqa: ANN401 - Hydra's
        """Run a job for each list of overrides and return the result of each."""


def work_alone(
    post: Post,
    make_launcher: Callable[[Job], Launcher],
    watcher: Watcher,
    stop: threading.Event | None = None,
) -> None:
    """Work as the only worker, in this process, until the sweep is done or ``stop`` is set.

    Args:
        post: The worker's parameters.
        make_launcher: Makes the Hydra launcher that runs a job in this process.
        watcher: Receives progress.
        stop: Event that stops the sweep if another thread sets it; None for a new event.

    Raises:
        StoppedError: If the user stopped the sweep.
        UserError: If the worker cannot go on.
    """
    job = functools.partial(work_at, post, watcher=watcher, stop=stop)
    for end in make_launcher(job).launch([[]], 0):
        if end.status.name == "FAILED":
            raise end._return_value  # noqa: SLF001 - the public one writes a line of its own


def lead(
    post: Post,
    make_launcher: Callable[[Job], Launcher],
    watcher: Watcher,
    stop: threading.Event | None = None,
) -> None:
    """Start workers, show their progress, and replace killed ones, until the sweep is done.

    Args:
        post: The parameters of each worker, without a parent.
        make_launcher: Makes the Hydra launcher of a job.
        watcher: Receives progress.
        stop: Event that stops all workers; another thread may set it, and Ctrl-C and SIGTERM do.
            None for a new event.

    Raises:
        StoppedError: If the user stopped the sweep.
        UserError: If a worker cannot go on.
    """
    folder = Path(post.folder)
    definition = stored_definition(folder, is_whole=True)
    stop = stop or threading.Event()
    patience = Patience(post.patience_seconds, watcher.notice, stop, was_reached=True)
    storage = Storage(folder, post.storage, patience)
    with closing(storage), storage.trouble_said():
        me = Identity.of_this_process()
        attributes = storage.patiently(
            lambda: storage.open_attributes(workers_of(definition.name))
        )
        with (
            Leases(attributes, me, is_worker=False, stop=stop) as leases,
            stopped_by_signals(leases.stop, watcher.notice),
        ):
            told = replace(post, parent=me, storage=hand_over(post.storage))
            job = functools.partial(work_under, told)
            with _followed(definition, folder, storage, leases, watcher, post.patience_seconds):
                _launch_until_done(job, post, leases, make_launcher, watcher)


def hand_over(url: str | None) -> str | None:
    """Move the password of a server's URL to the environment, where PostgreSQL's client finds it.

    The password must not be part of a job, because launchers write jobs to disk.

    Returns:
        The URL without its password; None if ``url`` is None.
    """
    if url is None:
        return None
    bare, password = split_password(url)
    if password is not None:
        os.environ["PGPASSWORD"] = password
    return bare


def _launch_until_done(
    job: Job,
    post: Post,
    leases: Leases,
    make_launcher: Callable[[Job], Launcher],
    watcher: Watcher,
) -> None:
    n_before, n_idle, first_job = -1, 0, 0
    while True:
        if leases.stop.is_set():
            raise StoppedError
        errors = _launch(make_launcher(job), post.n_workers, first_job)
        first_job += post.n_workers
        if leases.stop.is_set():
            raise StoppedError
        serious = [error for error in errors if isinstance(error, UserError | OSError)]
        if serious:
            raise serious[0]
        if not errors:
            return
        is_done, n_recorded = _count(post)
        if is_done:
            return
        n_idle = n_idle + 1 if n_recorded == n_before else 0
        n_before = n_recorded
        if n_idle >= MAX_IDLE_LAUNCHES:
            msg = (
                "the workers keep ending before the sweep is done, the last one with "
                f"{_first_line(errors[0])}; repeat the same command to continue the sweep"
            )
            raise RecordError(msg)
        reason = _first_line(errors[0])
        watcher.notice(f"a worker ended before the sweep was done ({reason}), and is replaced")


def _launch(launcher: Launcher, n_workers: int, first_job: int) -> list[BaseException]:
    """Run workers to their end, and return the errors that they raised.

    Args:
        launcher: Starts the workers.
        n_workers: Number of workers.
        first_job: Number of the first worker, counted over all launches.
    """
    try:
        with deaf():
            ends = launcher.launch([[]] * n_workers, first_job)
    except Exception as error:  # noqa: BLE001 - each launcher has its own for a killed worker
        return [error]
    return [end._return_value for end in ends if end.status.name == "FAILED"]  # noqa: SLF001


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def _count(post: Post) -> tuple[bool, int]:
    """Return True if the sweep is done, and the number of its runs that are recorded."""
    folder = Path(post.folder)
    definition = stored_definition(folder, is_whole=True)
    patience = Patience(post.patience_seconds, was_reached=True)
    storage = Storage(folder, post.storage, patience)

    def counted() -> tuple[bool, int]:
        agenda = Agenda(definition, folder, storage)
        is_trained = agenda.is_finished()
        is_done = is_trained and not runs_without_weights(definition, folder)
        return is_done, agenda.progress().n_runs

    with closing(storage):
        return storage.decide(definition.name, counted)


@contextmanager
def _followed(
    definition: Definition,
    folder: Path,
    storage: Storage,
    leases: Leases,
    watcher: Watcher,
    patience_seconds: float,
) -> Iterator[None]:
    """Show the progress of all workers from a thread while the block runs.

    Args:
        definition: The sweep.
        folder: The sweep's folder.
        storage: The storage of the sweep's studies.
        leases: The leases of this process, which leads the workers.
        watcher: Receives progress, and the lines that workers leave for the user.
        patience_seconds: Seconds for which calls are repeated, for the message.
    """
    end = threading.Event()
    agenda = storage.patiently(lambda: Agenda(definition, folder, storage))
    left = Notices(folder, leases.me.name)

    def look() -> None:
        n_failed = 0
        has_told = has_said_away = False
        while True:
            is_last = end.wait(LOOK_SECONDS)
            try:
                for line in left.read():
                    watcher.notice(line)
                agenda.look()
                watcher.progress(agenda.progress())
                watcher.in_training(leases.living())
                if agenda.ledger.n_failed > n_failed:
                    n_failed = agenda.ledger.n_failed
                    watcher.notice(f"{several(n_failed, 'run')} failed so far")
                if leases.stop.is_set() and not has_told:
                    leases.tell_to_stop()
                    has_told = True
                if has_said_away:
                    has_said_away = False
                    watcher.notice("the storage answers again")
            except Exception as error:  # noqa: BLE001 - a display does no harm; the workers say what is wrong
                if is_trouble(error) and not has_said_away:
                    has_said_away = True
                    watcher.notice(waiting_text(storage.place, reason_of(error), patience_seconds))
            if is_last:
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        left.remove()
