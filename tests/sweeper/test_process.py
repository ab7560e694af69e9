"""A worker process: its threads, and the progress that it reports."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ffnn_lab.population import Member
from ffnn_lab.progress import Progress
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.cores import n_cores
from ffnn_lab.sweeper.identity import Identity
from ffnn_lab.sweeper.leases import Leases
from ffnn_lab.sweeper.process import Post, Teller, work_at
from ffnn_lab.sweeper.studies.storage import Storage
from ffnn_lab.sweeper.worker import Watcher
from tests.support.builders import make_run
from tests.support.sweeps import make_definition
from tests.support.workers import begin

SetThreads = Callable[[int], None]


@pytest.fixture(autouse=True)
def _own_threads(set_threads: SetThreads) -> None:
    """Restore torch's number of threads after each test."""
    set_threads(1)


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
    """The status of a sweep in one process is read from that process's heartbeat.

    So a teller must keep its progress also if it forwards every event to a display.
    """
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


def test_a_folder_without_a_definition_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"has no definition\.json"):
        work_at(Post(str(tmp_path / "nothing"), None, 1, 0))
