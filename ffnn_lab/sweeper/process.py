"""One worker process: it joins a sweep, trains runs, and ends when its parent ends."""

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ffnn_lab.definition import Definition, stored_definition
from ffnn_lab.population import Member
from ffnn_lab.progress import Progress
from ffnn_lab.sweeper import notices
from ffnn_lab.sweeper.cores import share_of_cores
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import EXIT_ORPHANED, LOOK_SECONDS, Leases, workers_of
from ffnn_lab.sweeper.signals import hear_nothing, stopped_by_signals
from ffnn_lab.sweeper.studies.server import Patience
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import Watcher, Worker
from ffnn_lab.tracking import Tracker, make_tracker


@dataclass(frozen=True)
class Post:
    """The parameters of a worker, with which any process can join a sweep."""

    folder: str
    """The sweep's folder."""
    storage: str | None
    """URL of the PostgreSQL server; None for a journal in the sweep's folder."""
    n_workers: int
    """Number of workers that share the sweep."""
    max_failures: int
    """Number of runs that may fail before the sweep stops."""
    n_threads: int | None = None
    """Threads of each worker; None for an equal share of the machine's cores."""
    parent: Identity | None = None
    """The process that started this worker; None in the process that the user started."""
    patience_seconds: float = 0.0
    """Seconds for which a call is repeated, before it fails, if the server of ``storage`` does not
    answer."""


class Teller(Watcher):
    """Forwards events to a display, and keeps the progress of the population in training."""

    def __init__(
        self, display: Watcher | None = None, leave: Callable[[str], None] | None = None
    ) -> None:
        """Start with a progress of 0.

        Args:
            display: Receives every event; None where this process has no visible output.
            leave: Receives lines for the user in place of the display; None to use the display.
        """
        self._display = display or Watcher()
        self._leave = leave or self._display.notice
        self._done = 0.0

    def epoch(self, members: Sequence[Member]) -> None:
        """Update the population's progress after an epoch, and forward the event."""
        self._done = sum(member.epoch / member.config.trainer.max_epochs for member in members)
        self._display.epoch(members)

    def progress(self, progress: Progress) -> None:
        """Forward the sweep's progress, and reset the population's, as its runs are recorded."""
        self._done = 0.0
        self._display.progress(progress)

    def in_training(self, workers: Mapping[str, float]) -> None:
        """Forward the progress of all workers' populations."""
        self._display.in_training(workers)

    def notice(self, text: str) -> None:
        """Forward a line for the user."""
        self._leave(text)

    def told(self) -> float:
        """Return the progress of the population in training, as a number of runs.

        Half of a run's epochs count as 0.5 runs.
        """
        return self._done


def work_at(
    post: Post,
    _config: Any = None,  # noqa: ANN401 - Hydra's
    *,
    watcher: Watcher | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Work on a sweep until it is done or ``stop`` is set.

    Args:
        post: The worker's parameters.
        _config: Not used; Hydra's launchers pass a composed config.
        watcher: Receives progress; None to show none.
        stop: Event that stops the worker if another thread sets it; None for a new event.

    Raises:
        StoppedError: If the worker was stopped before the sweep was done.
        UserError: If the worker cannot go on.
    """
    folder = Path(post.folder)
    definition = stored_definition(folder, is_whole=True)
    me = Identity.of_this_process()
    if post.n_threads is not None:
        torch.set_num_threads(post.n_threads)
    elif post.parent is not None and me.shares_machine_with(post.parent):
        torch.set_num_threads(share_of_cores(post.n_workers))
    shown = watcher or Watcher()
    leave = None
    if post.parent is not None:
        leave = functools.partial(notices.leave, folder, post.parent.name, me.name)
    teller = Teller(shown, leave)
    stop = stop or threading.Event()
    # A worker that another process started knows that the server was reached before.
    patience = Patience(
        post.patience_seconds, teller.notice, stop, was_reached=post.parent is not None
    )
    storage = Storage(folder, post.storage, patience)
    with closing(storage), storage.trouble_said():
        attributes = storage.patiently(
            lambda: storage.open_attributes(workers_of(definition.name))
        )
        with (
            Leases(attributes, me, parent=post.parent, progress=teller.told, stop=stop) as leases,
            stopped_by_signals(leases.stop, shown.notice),  # the parent tells the user as well
        ):
            worker = Worker(
                definition,
                folder,
                storage,
                leases,
                watcher=teller,
                make_tracker=functools.partial(_tracker_of, definition, folder),
                n_workers=max(post.n_workers, storage.patiently(leases.n_workers)),
                max_failures=post.max_failures,
            )
            worker.work()


def work_under(post: Post, _config: Any = None) -> None:  # noqa: ANN401 - Hydra's
    """Work on a sweep in a process of a launcher, and make that process end with its parent.

    A launcher may keep the process after the work is done. Signals that ask to stop are ignored
    before and after the work, see `signals.deaf`.

    Args:
        post: The worker's parameters.
        _config: Not used; Hydra's launchers pass a composed config.
    """
    hear_nothing()
    try:
        work_at(post)
    finally:
        if post.parent is not None and not post.parent.is_this_process:
            threading.Thread(target=_end_with, args=(post.parent,), daemon=True).start()


def _end_with(parent: Identity) -> None:
    """Wait until the parent is dead, then end this process at once.

    Left to the launcher's own code, the process would stay for a long time.
    """
    while not parent.is_dead:
        time.sleep(LOOK_SECONDS)
    os._exit(EXIT_ORPHANED)


def _tracker_of(
    definition: Definition, folder: Path, labels: Mapping[str, tuple[str, str]]
) -> Tracker:
    """Make the tracker of a worker's runs.

    Args:
        definition: The sweep.
        folder: The sweep's folder.
        labels: Maps run ids to (stage, arm); runs are added when the worker claims them.
    """
    return make_tracker(definition.arms[0].config, folder, group=definition.name, labels=labels)
