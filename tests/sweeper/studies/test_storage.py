"""The storage that workers share, its locks, and a password that is written nowhere."""

import re
import time
from contextlib import closing
from pathlib import Path

import pytest
from optuna.distributions import FloatDistribution

from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.studies.storage import Storage
from tests.support.children import child, heard, start_together
from tests.support.command_line import run_lab, run_lab_forked
from tests.support.postgres import Cluster

SMALL = ("-m", "optimizer.lr=0.1,0.2", "trainer.max_epochs=1", "tracking=off")
TUNE_ONLY = ("hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0")


@pytest.fixture
def server(request: pytest.FixtureRequest, postgres: Cluster) -> str:
    """The address of an empty database that only this test uses."""
    name: str = request.node.name
    return postgres.new_database(re.sub(r"\W", "_", name)[-63:])


# --- the journal -------------------------------------------------------------------------------


OPENS = """
import sys
from contextlib import closing
from pathlib import Path
from ffnn_lab.sweeper.studies.storage import Storage
folder, name, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3] or None
print("ready", flush=True)
sys.stdin.readline()
with closing(Storage(folder, url)) as storage:
    storage.open_attributes("s/.workers").write(name, 1)
print("done", flush=True)
"""


# --- locks -------------------------------------------------------------------------------------

HOLDS = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.studies.storage import Storage
with Storage(Path(sys.argv[1]), sys.argv[2] or None).lock("s"):
    print("held", flush=True)
    time.sleep(60)
"""
COUNTS = """
import sys
from pathlib import Path
from ffnn_lab.sweeper.studies.storage import Storage
storage, counter = Storage(Path(sys.argv[1]), sys.argv[2] or None), Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    with storage.lock("s"):
        counter.write_text(str(int(counter.read_text()) + 1))
print("done", flush=True)
"""


def assert_lock_dies_with_its_holder(folder: Path, url: str | None) -> None:
    with closing(Storage(folder, url)) as storage, child(HOLDS, folder, url or "") as holder:
        assert heard(holder) == "held"
        holder.kill()
        started = time.monotonic()
        with storage.lock("s"):
            assert time.monotonic() - started < 1


def test_the_sweeps_lock_dies_with_its_holder(tmp_path: Path) -> None:
    assert_lock_dies_with_its_holder(tmp_path, None)


def test_the_sweeps_lock_on_a_server_dies_with_its_holder(tmp_path: Path, server: str) -> None:
    assert_lock_dies_with_its_holder(tmp_path, server)


def assert_lock_excludes(folder: Path, url: str | None) -> None:
    """Assert that two processes can count up in one file, 200 times each, and lose no count."""
    counter = folder / "counter"
    counter.write_text("0")
    words = (COUNTS, folder, url or "", counter)
    with child(*words) as one, child(*words) as other:
        start_together(one, other)
    assert counter.read_text() == "400"


def test_the_sweeps_lock_excludes(tmp_path: Path) -> None:
    assert_lock_excludes(tmp_path, None)


def test_the_sweeps_lock_on_a_server_excludes(tmp_path: Path, server: str) -> None:
    Storage(tmp_path, server).close()  # makes the tables in the database
    assert_lock_excludes(tmp_path, server)


class FailedError(Exception):
    """The error that a test raises under a lock."""


def fail_under(storage: Storage) -> None:
    with storage.lock("s"):
        raise FailedError


def assert_error_lets_lock_go(folder: Path, url: str | None) -> None:
    with closing(Storage(folder, url)) as one, closing(Storage(folder, url)) as other:
        with pytest.raises(FailedError):
            fail_under(one)
        started = time.monotonic()
        with other.lock("s"):
            assert time.monotonic() - started < 1


def test_an_error_under_the_lock_lets_it_go(tmp_path: Path) -> None:
    assert_error_lets_lock_go(tmp_path, None)


def test_an_error_under_the_lock_on_a_server_lets_it_go(tmp_path: Path, server: str) -> None:
    assert_error_lets_lock_go(tmp_path, server)


def test_sweeps_of_other_names_do_not_wait(tmp_path: Path, server: str) -> None:
    with closing(Storage(tmp_path, server)) as storage, child(HOLDS, tmp_path, server) as holder:
        assert heard(holder) == "held"
        started = time.monotonic()
        with storage.lock("other"):
            assert time.monotonic() - started < 1


# --- a server ----------------------------------------------------------------------------------


def test_a_server_keeps_studies_and_notes(tmp_path: Path, server: str) -> None:
    run_ids = [f"{number:012x}" for number in range(2000)]
    with closing(Storage(tmp_path, server)) as storage:
        study = storage.open_study("s/arm")
        study.tell(study.ask({"x": FloatDistribution(0, 1)}), 0.5)
        storage.open_attributes("s/.workers").write("claim/one", run_ids)
    with closing(Storage(tmp_path, server)) as storage:
        assert storage.open_study("s/arm").best_value == 0.5
        assert storage.open_attributes("s/.workers").read() == {"claim/one": run_ids}
        storage.open_study("other/arm")
        storage.delete("s/")
        assert [each.study_name for each in storage.optuna.get_all_studies()] == ["other/arm"]
    assert list(tmp_path.iterdir()) == []


def test_two_processes_begin_on_an_empty_database(tmp_path: Path, server: str) -> None:
    """Both processes try to make the tables and the study at the same time."""
    with child(OPENS, tmp_path, "a", server) as a, child(OPENS, tmp_path, "b", server) as b:
        start_together(a, b)
    with closing(Storage(tmp_path, server)) as storage:
        assert storage.open_attributes("s/.workers").read() == {"a": 1, "b": 1}


def test_a_server_that_went_away_is_told(tmp_path: Path, postgres: Cluster, server: str) -> None:
    with closing(Storage(tmp_path, server)) as storage:
        notes = storage.open_attributes("s/.workers")
        with postgres.stopped("immediate"):
            with pytest.raises(RecordError, match=r"hydra\.sweeper\.storage=.*does not answer"):
                fail_under(storage)
            with pytest.raises(RecordError, match="repeat the command"), storage.trouble_said():
                notes.read()
        assert notes.read() == {}  # over a new connection


def test_a_server_that_went_away_under_the_lock_is_told(
    tmp_path: Path, postgres: Cluster, server: str
) -> None:
    with (
        closing(Storage(tmp_path, server)) as storage,
        pytest.raises(RecordError, match=r"hydra\.sweeper\.storage=.*does not answer"),
        storage.lock("s"),
        postgres.stopped("immediate"),
    ):
        pass


# --- URLs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["mysql://lab:secret@host/db", "sqlite:///x", "garbage"])
def test_a_wrong_url_on_the_command_line(url: str, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, *SMALL, *TUNE_ONLY, f"hydra.sweeper.storage={url}")
    assert said.exit_code == 2
    assert said.error.startswith("error: hydra.sweeper.storage must be null")
    assert "secret" not in said.out + said.error
    assert "Traceback" not in said.error
    assert list(tmp_path.iterdir()) == []


def assert_nowhere(secret: str, folder: Path) -> None:
    """Assert that no file below a folder contains a secret."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert paths
    assert [path for path in paths if secret.encode() in path.read_bytes()] == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("quote", ["", "'"], ids=["plain", "quoted"])
def test_a_password_is_written_nowhere(
    quote: str, tmp_path: Path, postgres: Cluster, server: str
) -> None:
    said = run_lab(tmp_path, *SMALL, *TUNE_ONLY, f"hydra.sweeper.storage={quote}{server}{quote}")
    assert said.exit_code == 0, said.error
    assert postgres.password not in said.out + said.error
    assert_nowhere(postgres.password, tmp_path)
    assert not list(tmp_path.rglob("*.journal"))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_wrong_password_is_not_shown(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.url.replace(postgres.password, "wr0ng-secret")
    said = run_lab(tmp_path, *SMALL, *TUNE_ONLY, f"hydra.sweeper.storage={url}")
    assert said.exit_code == 2
    assert "password authentication failed" in said.error
    assert "wr0ng-secret" not in said.out + said.error
