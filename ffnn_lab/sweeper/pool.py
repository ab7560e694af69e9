"""The workers of a sweep: started by a Hydra launcher, watched by a parent, stopped together."""

import functools
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from ffnn_lab.config import UserError
from ffnn_lab.definition import Definition, read_definition, stored_definition, write_definition
from ffnn_lab.population import Member
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper import notices
from ffnn_lab.sweeper.agenda import Agenda, Progress
from ffnn_lab.sweeper.identity import Identity, this_host
from ffnn_lab.sweeper.leases import EXIT_ORPHANED, Leases
from ffnn_lab.sweeper.resume import prepare
from ffnn_lab.sweeper.server import Patience, is_trouble, reason_of, waiting_text
from ffnn_lab.sweeper.signals import deaf, hear_nothing, stopped_by_signals
from ffnn_lab.sweeper.storage import Storage, split_password
from ffnn_lab.sweeper.weights import runs_without_weights
from ffnn_lab.sweeper.worker import StoppedError, Watcher, Worker
from ffnn_lab.tracking import Tracker, make_tracker

LOOK_SECONDS = 1.0
"""How often a parent looks how far its workers are."""
MAX_IDLE_LAUNCHES = 3
"""Times in a row that workers are started in place of killed ones and not one run is recorded."""
OWNER = "owner"
"""Under which a server notes whose studies they are."""
Job = Callable[[Any], None]
"""What a launcher runs: it takes a composed config, which a worker does not need."""


class Launcher(Protocol):
    """A Hydra launcher."""

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Any:  # noqa: ANN401 - Hydra's
        """Run a job for each list of overrides and return what each came to."""


@dataclass(frozen=True)
class Post:
    """What a worker needs to know to take its place, in any process."""

    folder: str
    storage: str | None
    n_workers: int
    max_failures: int
    n_threads: int | None = None
    """Of each worker; None for an equal share of the cores, where they are on one machine."""
    parent: Identity | None = None
    """Who started it; None in the process that the user started."""
    patience_seconds: float = 0.0
    """How long to try again where the storage's server does not answer."""


class Teller(Watcher):
    """Keeps how far a worker's population is, for its beat, and hands all on to a display."""

    def __init__(
        self, display: Watcher | None = None, leave: Callable[[str], None] | None = None
    ) -> None:
        """Begin with nothing in training.

        Args:
            display: Told of everything; None where nobody sees what this process shows.
            leave: Takes a line for the user in place of the display; None to use the display.
        """
        self._display = display or Watcher()
        self._leave = leave or self._display.notice
        self._done = 0.0

    def epoch(self, members: Sequence[Member]) -> None:
        """Note that a population did one more epoch."""
        self._done = sum(member.epoch / member.config.trainer.max_epochs for member in members)
        self._display.epoch(members)

    def progress(self, progress: Progress) -> None:
        """Note that what was trained is recorded."""
        self._done = 0.0
        self._display.progress(progress)

    def in_training(self, workers: Mapping[str, float]) -> None:
        """Hand on how far workers are."""
        self._display.in_training(workers)

    def notice(self, text: str) -> None:
        """Hand on a line."""
        self._leave(text)

    def told(self) -> float:
        """Give how many runs' worth of epochs are done."""
        return self._done


def open_sweep(
    definition: Definition,
    outputs: Path,
    *,
    storage_url: str | None,
    retry_failed: bool,
    watcher: Watcher,
    patience_seconds: float = 0.0,
) -> None:
    """Begin a sweep's folder and studies, or make sure that work can go on in them.

    Raises:
        UserError: If it cannot.
    """
    patience = Patience(patience_seconds, watcher.notice)
    storage = Storage(outputs / definition.name, storage_url, patience)

    def opened() -> None:
        with owned(definition, outputs, storage):
            living = leases_in(storage, definition).living()
            if living:
                watcher.notice(f"{len(living)} processes are at work on this sweep: joining them")
            else:
                notices.forget(outputs / definition.name)
            prepare(
                definition,
                outputs,
                storage,
                is_worked_on=bool(living),
                retry_failed=retry_failed,
                notice=watcher.notice,
            )

    with closing(storage), storage.trouble_said():
        storage.patiently(lambda: leases_in(storage, definition).bury(watcher.notice))
        storage.decide(definition.name, opened)


def leases_in(storage: Storage, definition: Definition) -> Leases:
    """Look at what the workers of a sweep hold, without taking part."""
    return Leases(storage.open_attributes(workers_of(definition)), Identity.of_this_process())


@contextmanager
def owned(definition: Definition, outputs: Path, storage: Storage) -> Iterator[None]:
    """Make sure that the studies on a server belong to this folder, and note that they do.

    Sweeps of one name in several folders would take each other's settings for their own. Needs
    the sweep's lock; the folder is prepared in the block.

    Raises:
        RecordError: If another folder's sweep has them.
    """
    folder = (outputs / definition.name).resolve()
    if not storage.is_shared:
        yield
        return
    attributes = storage.open_attributes(workers_of(definition))
    owner = attributes.read().get(OWNER)
    stored = read_definition(folder)
    own_id = stored.id if stored is not None else ""
    here = {"host": this_host(), "path": str(folder)}
    if owner is not None and owner["id"] != own_id:
        # Another machine may have the same name and a folder at the same path.
        is_elsewhere = {key: owner[key] for key in here} != here
        if is_elsewhere or leases_in(storage, definition).living():
            msg = (
                f"hydra.sweeper.storage={storage.place} has the sweep {definition.name} of "
                f"another folder, {owner['path']} on {owner['host']}: choose another "
                "hydra.sweeper.name, or another database"
            )
            raise RecordError(msg)
        storage.delete(f"{definition.name}/")  # that folder was this one, and was deleted
    yield
    own_id = own_id or secrets.token_hex(8)
    write_definition(folder, replace(stored_definition(folder), id=own_id))
    attributes = storage.open_attributes(workers_of(definition))  # it may have been deleted
    if attributes.read().get(OWNER, {}).get("id") != own_id:
        attributes.write(OWNER, {"id": own_id, **here})


def work_at(
    post: Post,
    _config: Any = None,  # noqa: ANN401 - Hydra's
    *,
    watcher: Watcher | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Work until the sweep is done, or ``stop`` is set.

    Raises:
        StoppedError: If it was told to stop before.
        UserError: If it cannot go on.
    """
    folder = Path(post.folder)
    definition = stored_definition(folder, is_whole=True)
    me = Identity.of_this_process()
    if post.n_threads is not None:
        torch.set_num_threads(post.n_threads)
    elif post.parent is not None and me.shares_machine_with(post.parent):
        # Workers on one machine share its cores.
        torch.set_num_threads(share_of_cores(post.n_workers))
    shown = watcher or Watcher()
    leave = None
    if post.parent is not None:
        leave = functools.partial(notices.leave, folder, post.parent.name, me.name)
    teller = watcher = Teller(shown, leave)
    stop = stop or threading.Event()
    # Others need not have reached the server; whoever was started by another process has.
    patience = Patience(
        post.patience_seconds, watcher.notice, stop, was_reached=post.parent is not None
    )
    storage = Storage(folder, post.storage, patience)
    with closing(storage), storage.trouble_said():
        attributes = storage.patiently(lambda: storage.open_attributes(workers_of(definition)))
        with (
            Leases(attributes, me, parent=post.parent, progress=teller.told, stop=stop) as leases,
            stopped_by_signals(leases.stop, shown.notice),  # whoever started this one says so, too
        ):
            worker = Worker(
                definition,
                folder,
                storage,
                leases,
                watcher=watcher,
                make_tracker=functools.partial(tracker_of, definition, folder),
                n_workers=max(post.n_workers, storage.patiently(leases.n_workers)),
                max_failures=post.max_failures,
            )
            worker.work()


def work_under(post: Post, _config: Any = None) -> None:  # noqa: ANN401 - Hydra's
    """Work in a process that a launcher keeps, and end it if the parent dies after the work.

    Signals that tell to stop are heard during the work alone, see `deaf`.
    """
    hear_nothing()
    try:
        work_at(post)
    finally:
        threading.Thread(target=_end_with, args=(post.parent,), daemon=True).start()


def _end_with(parent: Identity | None) -> None:
    """End this process with its parent, for whose word a launcher's own code would wait long."""
    while parent is not None:
        if parent.is_dead:
            os._exit(EXIT_ORPHANED)
        time.sleep(LOOK_SECONDS)


def tracker_of(
    definition: Definition, folder: Path, labels: Mapping[str, tuple[str, str]]
) -> Tracker:
    """Make the tracker of a worker's runs."""
    return make_tracker(definition.arms[0].config, folder, group=definition.name, labels=labels)


def work_alone(
    post: Post,
    make_launcher: Callable[[Job], Launcher],
    watcher: Watcher,
    stop: threading.Event | None = None,
) -> None:
    """Be the one worker, in this process, until the sweep is done or ``stop`` is set.

    Raises:
        StoppedError: If the user stopped the sweep.
        UserError: If it cannot go on.
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
    """Start workers, show how far they are, replace those that are killed, and stop with them.

    Args:
        post: Theirs, without a parent.
        make_launcher: Makes the Hydra launcher of a job.
        watcher: Told of progress.
        stop: Set to stop; Ctrl-C and SIGTERM set it, too.

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
        attributes = storage.patiently(lambda: storage.open_attributes(workers_of(definition)))
        with (
            Leases(attributes, me, is_worker=False, stop=stop) as leases,
            stopped_by_signals(leases.stop, watcher.notice),
        ):
            told = replace(post, parent=me, storage=hand_over(post.storage))
            job = functools.partial(work_under, told)
            with followed(definition, folder, storage, leases, watcher, post.patience_seconds):
                _launch_until_done(job, post, leases, make_launcher, watcher)


def hand_over(url: str | None) -> str | None:
    """Leave a password to the environment, where PostgreSQL's client finds it.

    Launchers write down what they tell a job.
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
                "the workers keep ending before their time, the last one with "
                f"{_first_line(errors[0])}; the sweep goes on with the same command"
            )
            raise RecordError(msg)
        watcher.notice(f"a worker ended before its time ({_first_line(errors[0])}): replaced")


def _launch(launcher: Launcher, n_workers: int, first_job: int) -> list[BaseException]:
    """Run workers to their end, and list what they raised."""
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
    """Whether the sweep is done, and how many of its runs are recorded."""
    folder = Path(post.folder)
    definition = stored_definition(folder, is_whole=True)
    patience = Patience(post.patience_seconds, was_reached=True)
    storage = Storage(folder, post.storage, patience)

    def counted() -> tuple[bool, int]:
        agenda = Agenda(definition, folder, storage)
        agenda.restore()
        agenda.look()
        progress = agenda.progress()
        n_done = sum(progress.n_done.values())
        is_trained = n_done >= sum(progress.n_asked.values()) and agenda.is_scored
        return is_trained and not runs_without_weights(definition, folder), n_done

    with closing(storage):
        return storage.decide(definition.name, counted)


@contextmanager
def followed(
    definition: Definition,
    folder: Path,
    storage: Storage,
    leases: Leases,
    watcher: Watcher,
    patience_seconds: float = 0.0,
) -> Iterator[None]:
    """Show in a thread how far the workers are, all in one picture."""
    end = threading.Event()
    agenda = storage.patiently(lambda: Agenda(definition, folder, storage))
    left = notices.Notices(folder, leases.me.name)

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
                if agenda.n_failed > n_failed:
                    n_failed = agenda.n_failed
                    watcher.notice(f"{n_failed} runs failed so far")
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


def workers_of(definition: Definition) -> str:
    """Name the study under which the workers leave notes for each other."""
    return f"{definition.name}/.workers"


def share_of_cores(n_workers: int) -> int:
    """Give each worker's threads on one machine; a single one has as many as torch chooses."""
    return torch.get_num_threads() if n_workers == 1 else max(1, n_cores() // n_workers)


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
