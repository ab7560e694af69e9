"""Stand-ins for Hydra's launchers and for displays, for tests of a sweep's workers."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from ffnn_lab.definition import Definition
from ffnn_lab.progress import Progress
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.process import Post, work_at
from ffnn_lab.sweeper.supervisor import Job
from ffnn_lab.sweeper.worker import Watcher
from tests.support.sweeps import tables


class Listener(Watcher):
    """A watcher that keeps all notices and the last progress."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.last: Progress | None = None

    def notice(self, text: str) -> None:
        """Keep a notice."""
        self.notices.append(text)

    def progress(self, progress: Progress) -> None:
        """Keep the sweep's progress."""
        self.last = progress


def completed(value: object = None) -> SimpleNamespace:
    """Make the result that a launcher returns for a job that ended well."""
    return SimpleNamespace(status=SimpleNamespace(name="COMPLETED"), _return_value=value)


def failed(error: BaseException) -> SimpleNamespace:
    """Make the result that a launcher returns for a job that raised an error."""
    return SimpleNamespace(status=SimpleNamespace(name="FAILED"), _return_value=error)


class Threads:
    """A launcher that runs each job in a thread."""

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
            while not all(job.done() for job in jobs):  # as real launchers poll, to see signals
                time.sleep(0.01)
            return [job.result() for job in jobs]


class Script:
    """A launcher that calls one function (deed) per launch; the last one again for all others."""

    def __init__(self, *deeds: Callable[[int], Any]) -> None:
        self._deeds = deeds
        self.first_jobs: list[int] = []

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Any:  # noqa: ANN401 - Hydra's
        """Call the next deed with the number of jobs."""
        deed = self._deeds[min(len(self.first_jobs), len(self._deeds) - 1)]
        self.first_jobs.append(initial_job_idx)
        return deed(len(job_overrides))

    def make(self, _job: Job) -> "Script":
        """Return this launcher, where a supervisor expects a new launcher for its job."""
        return self


def die(_n_workers: int) -> Any:  # noqa: ANN401 - never anything
    """Raise the error of a launcher whose worker was killed."""
    msg = "a worker was killed\nand more"
    raise RuntimeError(msg)


def do_all(post: Post) -> Callable[[int], Any]:
    """Make a deed for `Script`: one worker works to the end of the sweep."""

    def deed(_n_workers: int) -> list[SimpleNamespace]:
        work_at(post)
        return [completed()]

    return deed


def begin(outputs: Path, definition: Definition, **changes: object) -> Post:
    """Open a sweep, and return the post of its workers with some fields changed."""
    watcher = Watcher()
    open_sweep(definition, outputs, storage_url=None, retry_failed=False, watcher=watcher)
    post = Post(str(outputs / definition.name), None, 2, 0)
    return replace(post, **changes)  # type: ignore[arg-type]


def assert_same(one: Path, other: Path) -> None:
    """Assert that two sweeps have the same tables."""
    for there, here in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(there, here, check_exact=True)
