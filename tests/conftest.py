"""Fixtures that several folders share."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from ffnn_lab.tasks import load_task
from ffnn_lab.tasks.data.task import Task

pytest.register_assert_rewrite("tests.support.builders")
from tests.support.builders import NO_DATA, make_blobs, make_run  # noqa: E402 - its assertions explain themselves
from tests.support.postgres import MISSING, Cluster, find_programs  # noqa: E402
from tests.support.sweeps import Alone  # noqa: E402

SECONDS_OF_A_THREAD = 5
"""In which a thread that a test began has to end after it."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each of several workers begin with its share of the slow tests.

    They are given shares in this order, and take what is left of others' from the end: there,
    a slow test would keep all others waiting.
    """
    if not hasattr(config, "workerinput"):
        return
    n: int = config.workerinput["workercount"]
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    items[:] = [
        item
        for i in range(n)
        for kind in (slow, quick)
        for item in kind[len(kind) * i // n : len(kind) * (i + 1) // n]
    ]


@pytest.fixture(scope="session")
def digits() -> Task:
    """Real digits, as conf/task/digits.yaml has them."""
    return load_task(make_run().task, NO_DATA)


@pytest.fixture(scope="session")
def blobs() -> Task:
    """A small task of odd sizes: 5 features, 3 classes, 7 steps an epoch in batches of 8."""
    return make_blobs()


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """What sweeps come to that one worker trains, undisturbed."""
    return Alone(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server that runs; each process of the tests has its own.

    A test asks it for a database of its own. One that stops the server starts it again.
    """
    pytest.importorskip(
        "psycopg", reason="the extra `postgres` is not installed: pip install -e .[postgres]"
    )
    programs = find_programs()
    if programs is None:
        pytest.skip(MISSING)
    with Cluster(programs) as cluster:
        yield cluster


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tests are small, and threads that wait for one another on a busy machine are slow.

    More are started all the same, while denormal numbers are flushed, as they are in a process
    that only trains; else the trainer would do without them in the tests of several threads.
    """
    torch.set_num_threads(4)
    torch.set_flush_denormal(True)
    torch.ones(1 << 18).mul_(2)
    torch.set_flush_denormal(False)
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Refuse a thread of the project that outlives its test, as later tests would meet it.

    Python names a thread by the function that it runs, and the project's are private. One that
    is about to end has some seconds for it.
    """
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + SECONDS_OF_A_THREAD
    while left := [t.name for t in threading.enumerate() if t not in before and "(_" in t.name]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@pytest.fixture
def set_threads() -> Iterator[Callable[[int], None]]:
    """Set torch's number of threads for one test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
