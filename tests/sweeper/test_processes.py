"""Workers are processes forked from a server process; here they run simple jobs, not training."""

import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.identity import is_running
from ffnn_lab.sweeper.processes import CAN_FORK, Processes

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="workers are forked on Linux alone")

MOST_SECONDS = 60.0


def note_self(folder: Path, _config: Any) -> None:  # noqa: ANN401 - Hydra's
    """Write a file whose name is the id of this process.

    The file has the parent's id, the working directory, the environment variable
    ``OF_THE_LEADER``, and the length of ``sys.path``.
    """
    text = f"{os.getppid()} {Path.cwd()} {os.environ.get('OF_THE_LEADER')} {len(sys.path)}"
    (folder / f".{os.getpid()}").write_text(text)
    (folder / f".{os.getpid()}").rename(folder / str(os.getpid()))


def note_and_sleep(folder: Path, _config: Any) -> None:  # noqa: ANN401 - as above
    note_self(folder, None)
    time.sleep(MOST_SECONDS)


def sleep_once(folder: Path, _config: Any) -> None:  # noqa: ANN401 - as above
    """Write the file of `note_self`, and wait until three processes have written theirs.

    So of two workers both wait, until one is killed and a third process replaces it.
    """
    note_self(folder, None)
    while len(pids(folder)) < 3:
        time.sleep(0.01)


def slip(_config: Any) -> None:  # noqa: ANN401 - as above
    msg = "a slip"
    raise ConfigError(msg)


class OddError(Exception):
    """An error that cannot be made from its arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def fail_oddly(_config: Any) -> None:  # noqa: ANN401 - as above
    raise OddError(one="a", two="b")


def pids(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())


def wait_until(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + MOST_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """The server process that workers are forked from, which takes four seconds of imports."""
    with Processes() as made:
        yield made


def test_jobs_run_in_processes_of_their_own(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each job has the leader's environment and working directory at the start of the worker."""
    processes.prepare()
    monkeypatch.setenv("OF_THE_LEADER", "later")
    monkeypatch.chdir(tmp_path)
    ends = processes.make(functools.partial(note_self, tmp_path)).launch([[]] * 3, 0)
    assert [end.status.name for end in ends] == ["COMPLETED"] * 3
    assert [end._return_value for end in ends] == [None] * 3
    own = pids(tmp_path)
    assert len(own) == 3
    assert os.getpid() not in own
    seen = {(tmp_path / str(pid)).read_text().split(" ", 1)[1] for pid in own}
    assert seen == {f"{tmp_path} later {len(sys.path)}"}
    assert len({(tmp_path / str(pid)).read_text().split()[0] for pid in own}) == 1
    wait_until(lambda: not any(map(is_running, own)))


@pytest.mark.parametrize(
    ("job", "kind", "text"),
    [(slip, ConfigError, "a slip"), (fail_oddly, RuntimeError, "OddError: ab")],
)
def test_what_a_worker_raises_comes_back(
    job: Callable[[Any], None], kind: type, text: str, processes: Processes
) -> None:
    (end,) = processes.make(job).launch([[]], 0)
    assert end.status.name == "FAILED"
    assert type(end._return_value) is kind
    assert str(end._return_value) == text


def test_a_killed_worker_alone_is_started_again(processes: Processes, tmp_path: Path) -> None:
    launcher = processes.make(functools.partial(sleep_once, tmp_path))
    killed: list[int] = []

    def kill_one() -> None:
        wait_until(lambda: len(pids(tmp_path)) == 2)
        killed.append(pids(tmp_path)[0])
        os.kill(killed[0], signal.SIGKILL)

    with Beside(kill_one):
        ends = launcher.launch([[]] * 2, 0)
    assert [str(end._return_value) for end in ends] == ["a worker was killed"]
    (other,) = set(pids(tmp_path)) - set(killed)
    assert is_running(other)
    ends = launcher.launch([[]] * 2, 2)
    assert [end.status.name for end in ends] == ["COMPLETED"] * 2
    assert len(pids(tmp_path)) == 3
    wait_until(lambda: not any(map(is_running, pids(tmp_path))))


@pytest.mark.exhaustive
def test_workers_outlive_what_they_were_forked_from(tmp_path: Path) -> None:
    """The server process is killed while a worker runs; later workers come from a new server."""
    with Processes() as processes:
        launcher = processes.make(functools.partial(sleep_once, tmp_path))

        def kill_its_parent() -> None:
            wait_until(lambda: len(pids(tmp_path)) == 2)
            os.kill(
                int((tmp_path / str(pids(tmp_path)[0])).read_text().split()[0]), signal.SIGKILL
            )
            os.kill(pids(tmp_path)[0], signal.SIGKILL)

        with Beside(kill_its_parent):
            ends = launcher.launch([[]] * 2, 0)
        assert [end.status.name for end in ends] == ["FAILED"]
        wait_until(lambda: processes._server is None or processes._server.poll() is not None)
        ends = launcher.launch([[]] * 2, 2)
        assert [end.status.name for end in ends] == ["COMPLETED"] * 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, None])
def test_nothing_is_left_behind(
    error: type[BaseException] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers that still run get time to end, but none after Ctrl-C."""
    monkeypatch.setattr("ffnn_lab.sweeper.processes.GRACE_SECONDS", 3.0)
    with Processes() as processes:
        processes.make(functools.partial(note_and_sleep, tmp_path))
        for _ in range(2):
            processes._start()
        server = processes._server
        assert server is not None
        while len(pids(tmp_path)) < 2:
            assert processes._ended(0.05) == []
        began = time.monotonic()
        processes.__exit__(error, None, None)
    assert (time.monotonic() - began >= 3.0) == (error is None)
    wait_until(lambda: not any(map(is_running, pids(tmp_path))))
    assert server.poll() == 0


class Beside:
    """Calls a function in a thread while the block runs."""

    def __init__(self, deed: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=deed)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()
