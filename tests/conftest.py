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
"""Seconds within which a thread that a test began must end once the test is over."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests so that each worker of pytest-xdist begins with its share of the slow tests.

    The workers get shares of the tests in this order. A worker that is done takes tests from the
    end of another worker's share; a slow test there would keep all other workers waiting.
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
    """Return the task of real digits, with the values of conf/task/digits.yaml."""
    return load_task(make_run().task, NO_DATA)


@pytest.fixture(scope="session")
def blobs() -> Task:
    """Return a small task of odd sizes: 5 features, 3 classes, 7 batches of 8 in an epoch."""
    return make_blobs()


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Return a function that works through a sweep with one undisturbed worker.

    The records of other workers are compared with those in the folder that the function returns.
    """
    return Alone(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Start a PostgreSQL server for this process of the tests.

    A test asks the server for a database of its own. A test that stops the server starts it again.
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
    """Let torch use one thread: on a busy machine, threads that wait for one another are slow.

    Before that, torch's four threads are started while denormal numbers are flushed, as they are
    in a process that only trains. Otherwise the trainer would not use these threads in the tests
    of several threads.
    """
    torch.set_num_threads(4)
    torch.set_flush_denormal(True)
    torch.ones(1 << 18).mul_(2)
    torch.set_flush_denormal(False)
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Fail a test if a thread of the project outlives it: the thread could disturb later tests.

    Python names a thread after the function that it runs, and the project's functions for threads
    are private, so that their names begin with an underscore. A thread may take some seconds to
    end.
    """
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + SECONDS_OF_A_THREAD
    while left := [t.name for t in threading.enumerate() if t not in before and "(_" in t.name]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)


@pytest.fixture
def set_threads() -> Iterator[Callable[[int], None]]:
    """Return a function that sets torch's number of threads until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
