"""The tests' own PostgreSQL server keeps its data over a crash, and ends with its process."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from tests.support.postgres import Cluster

SECONDS_TO_GO = 30
"""Most seconds that a server may take to end on a busy machine; otherwise it takes a tenth."""

KILLED_AT_WORK = """
import os, signal
from tests.support.postgres import Cluster, find_programs

with Cluster(find_programs()) as cluster:
    print(cluster.folder, cluster.port, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@contextmanager
def storage_at(url: str) -> Iterator[RDBStorage]:
    """Open Optuna's storage, and close its connections afterwards."""
    storage = RDBStorage(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def ask(url: str) -> object:
    """Ask a server for a number, over a connection of its own."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.execute(text("SELECT 42")).scalar_one()


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_study_outlives_a_crash_of_the_server(postgres: Cluster) -> None:
    url = postgres.new_database("crash")
    with storage_at(url) as storage:
        study = optuna.create_study(storage=storage, study_name="one")
        trial = study.ask({"x": FloatDistribution(0, 1)})
        study.tell(trial, 0.25)
        with postgres.stopped("immediate"), pytest.raises(StorageInternalError) as failed:
            storage.get_all_studies()
        assert isinstance(failed.value.__cause__, OperationalError)
    with storage_at(url) as storage:
        (kept,) = optuna.load_study(study_name="one", storage=storage).trials
        assert (kept.params, kept.value) == (trial.params, 0.25)


def test_only_the_right_password_opens(postgres: Cluster) -> None:
    url = postgres.new_database("password")
    assert ask(url) == 42
    with pytest.raises(OperationalError, match="password authentication failed"):
        ask(url.replace(postgres.password, "wrong"))


def test_a_server_left_down_is_started_for_the_next_database(postgres: Cluster) -> None:
    before = postgres.new_database("before")
    postgres.stop()
    with pytest.raises(OperationalError, match="Connection refused"):
        ask(before)
    postgres.new_database("after")
    assert ask(before) == 42


def test_nothing_is_left_of_a_process_that_is_killed(postgres: Cluster) -> None:
    """Two servers run beside each other until the process is killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_WORK],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder, port = done.stdout.split()
    assert int(port) != postgres.port
    patience = time.monotonic() + SECONDS_TO_GO
    while (Path(folder).exists() or is_listening(int(port))) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not Path(folder).exists()
    assert not is_listening(int(port))
