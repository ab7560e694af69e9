"""Where workers meet: a journal that heals, locks that die with whom they served, no password."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from ffnn_lab.config import ConfigError
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.storage import (
    JOURNAL,
    Storage,
    _JournalLock,
    as_stored,
    check_url,
    split_password,
    without_password,
)
from tests.support.command_line import run_lab, run_lab_forked
from tests.support.postgres import Cluster
from tests.support.sweeps import Stopper, make_definition, tables, work

SMALL = ("-m", "optimizer.lr=0.1,0.2", "trainer.max_epochs=1", "tracking=off")
TUNE_ONLY = ("hydra.sweeper.name=mine", "hydra.sweeper.confirm.n_seeds=0")


def write_journal(folder: Path) -> Path:
    """Leave a journal with a study of two trials, and notes."""
    storage = Storage(folder, None)
    study = storage.open_study("s/arm")
    for value in (0.5, 0.25):
        study.tell(study.ask({"x": FloatDistribution(0, 1)}), value)
    storage.open_attributes("s/.workers").write("claim/one", ["a", "b"])
    return folder / JOURNAL


def read_by_optuna(path: Path) -> JournalStorage:
    """Open a journal as any of Optuna's own tools does."""
    return JournalStorage(JournalFileBackend(str(path)))


def notes_of(storage: JournalStorage, name: str) -> dict[str, object]:
    """Read a study's notes by Optuna's reader."""
    return storage.get_study_user_attrs(storage.get_study_id_from_name(name))


@pytest.fixture
def server(request: pytest.FixtureRequest, postgres: Cluster) -> str:
    """An empty database of the test's own."""
    name: str = request.node.name
    return postgres.new_database(re.sub(r"\W", "_", name)[-63:])


@contextmanager
def child(code: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run Python in a process of its own, until the end of the block at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that a child says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


# --- the journal -------------------------------------------------------------------------------


def test_a_journal_cut_off_anywhere_in_its_last_two_lines_goes_on(tmp_path: Path) -> None:
    whole = write_journal(tmp_path / "whole").read_bytes()
    lines = whole.splitlines(keepends=True)
    start = len(b"".join(lines[:-2]))
    path = tmp_path / "cut" / JOURNAL
    path.parent.mkdir()
    for n_kept in range(start, len(whole) + 1):
        path.write_bytes(whole[:n_kept])
        Storage(path.parent, None).open_attributes("s/.workers").write("cut", n_kept)
        contents = path.read_bytes()
        n_whole = whole[:n_kept].count(b"\n")
        assert contents.startswith(b"".join(lines[:n_whole]))
        assert contents.endswith(b"\n")
        for line in contents.splitlines():
            json.loads(line)
        assert notes_of(read_by_optuna(path), "s/.workers")["cut"] == n_kept
    assert not path.with_name(f"{JOURNAL}.damaged").exists()


def test_a_line_cut_off_under_an_open_journal_is_mended_by_the_next_append(tmp_path: Path) -> None:
    """Another writer is killed while this process has the journal open, and has read it."""
    path = write_journal(tmp_path)
    notes = Storage(tmp_path, None).open_attributes("s/.workers")
    for text in (b'{"op_code":2', b"\0" * 5000):
        with path.open("ab") as file:
            file.write(text)
        notes.write("next", len(text))
        assert notes.read()["next"] == len(text)
    assert notes_of(read_by_optuna(path), "s/.workers")["next"] == 5000


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [*lines[:3], lines[3][:10], *lines[4:]],  # two lines joined
        lambda lines: [*lines[:3], b"\0" * 300 + b"\n", *lines[3:]],
        lambda lines: [*lines[:3], b"\xff\xfe\x80\n", *lines[4:]],
        lambda lines: [*lines[:3], b"17\n", *lines[3:]],
        lambda lines: [*lines[:3], b"{}\n", *lines[3:]],
        lambda lines: [*lines[:3], b'{"op_code":77}\n', *lines[3:]],
        lambda lines: [b"not a journal\n", *lines[1:]],
        # Optuna's reader overlooks this one, and fails on it after the next append.
        lambda lines: [*lines, b"not a journal\n"],
    ],
    ids=["joined", "zeros", "bytes", "number", "empty", "unknown", "head", "last"],
)
def test_a_journal_damaged_in_the_middle_is_set_aside(
    damage: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    path = write_journal(tmp_path)
    damaged = b"".join(damage(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(damaged)
    storage = Storage(tmp_path, None)
    assert path.with_name(f"{JOURNAL}.damaged").read_bytes() == damaged
    assert storage.optuna.get_all_studies() == []
    storage.open_attributes("s/.workers").write("new", 1)
    assert notes_of(read_by_optuna(path), "s/.workers") == {"new": 1}


def test_a_sweep_whose_journal_was_damaged_trains_nothing_again(tmp_path: Path) -> None:
    definition = make_definition("tpe", confirm_seeds=())
    folder = work(tmp_path, definition)
    before = tables(folder)
    lines = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join([*lines[:9], b"damaged\n", *lines[10:]]))
    stopper = Stopper()
    work(tmp_path, definition, stopper)
    assert stopper.n_trained == 0
    assert (folder / f"{JOURNAL}.damaged").exists()
    for one, two in zip(before, tables(folder), strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    studies = optuna.study.get_all_study_names(read_by_optuna(folder / JOURNAL))
    assert {"test/sgd", "test/adam"} <= set(studies)


OPENS = """
import sys
from contextlib import closing
from pathlib import Path
from ffnn_lab.sweeper.storage import Storage
folder, name, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3] or None
print("ready", flush=True)
sys.stdin.readline()
with closing(Storage(folder, url)) as storage:
    storage.open_attributes("s/.workers").write(name, 1)
print("done", flush=True)
"""


def start_together(*processes: subprocess.Popen[str]) -> None:
    """Let children that are ready begin, and wait until they are done."""
    for process in processes:
        assert heard(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert heard(process) == "done"


def test_of_several_processes_one_sets_a_damaged_journal_aside(tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    damaged = b'{"op_code":77}\n' + b"{}\n" * 20_000
    path.write_bytes(damaged)
    with child(OPENS, tmp_path, "a", "") as a, child(OPENS, tmp_path, "b", "") as b:
        start_together(a, b)
    assert path.with_name(f"{JOURNAL}.damaged").read_bytes() == damaged
    assert notes_of(read_by_optuna(path), "s/.workers") == {"a": 1, "b": 1}


# --- locks -------------------------------------------------------------------------------------

HOLDS_THE_JOURNAL = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.storage import _JournalLock
lock = _JournalLock(Path(sys.argv[1]))
lock.acquire()
with Path(sys.argv[1]).open("ab") as file:
    file.write(b'{"half":')
print("held", flush=True)
time.sleep(60)
"""
HOLDS = """
import sys, time
from pathlib import Path
from ffnn_lab.sweeper.storage import Storage
with Storage(Path(sys.argv[1]), sys.argv[2] or None).lock("s"):
    print("held", flush=True)
    time.sleep(60)
"""
COUNTS = """
import sys
from pathlib import Path
from ffnn_lab.sweeper.storage import Storage
storage, counter = Storage(Path(sys.argv[1]), sys.argv[2] or None), Path(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    with storage.lock("s"):
        counter.write_text(str(int(counter.read_text()) + 1))
print("done", flush=True)
"""


def test_the_journals_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    with child(HOLDS_THE_JOURNAL, path) as holder:
        assert heard(holder) == "held"
        holder.kill()
        started = time.monotonic()
        Storage(tmp_path, None).open_attributes("s/.workers").write("next", 1)
        assert time.monotonic() - started < 1
    assert notes_of(read_by_optuna(path), "s/.workers")["next"] == 1


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
    """Two processes count in one file, 200 times each."""
    counter = folder / "counter"
    counter.write_text("0")
    words = (COUNTS, folder, url or "", counter)
    with child(*words) as one, child(*words) as other:
        start_together(one, other)
    assert counter.read_text() == "400"


def test_the_sweeps_lock_excludes(tmp_path: Path) -> None:
    assert_lock_excludes(tmp_path, None)


def test_the_sweeps_lock_on_a_server_excludes(tmp_path: Path, server: str) -> None:
    Storage(tmp_path, server).close()  # makes the tables
    assert_lock_excludes(tmp_path, server)


class FailedError(Exception):
    """What a test raises under a lock."""


def fail_under(storage: Storage) -> None:
    with storage.lock("s"):
        raise FailedError


def assert_error_lets_lock_go(folder: Path, url: str | None) -> None:
    with closing(Storage(folder, url)) as one, closing(Storage(folder, url)) as other:
        with pytest.raises(FailedError):
            fail_under(one)
        with other.lock("s"):
            pass


def test_an_error_under_the_lock_lets_it_go(tmp_path: Path) -> None:
    assert_error_lets_lock_go(tmp_path, None)


def test_an_error_under_the_lock_on_a_server_lets_it_go(tmp_path: Path, server: str) -> None:
    assert_error_lets_lock_go(tmp_path, server)


def test_sweeps_of_other_names_do_not_wait(tmp_path: Path, server: str) -> None:
    with (
        closing(Storage(tmp_path, server)) as storage,
        storage.lock("one"),
        storage.lock("other"),
    ):
        pass


@pytest.mark.parametrize("name", [".lock", JOURNAL, f".{JOURNAL}.lock"])
def test_nothing_is_written_through_a_link(name: str, tmp_path: Path) -> None:
    """In a folder that others may write to, somebody may lay one to a file of the user's."""
    precious, folder = tmp_path / "precious", tmp_path / "s"
    precious.write_text('{"op_code": 0}\nmy thesis')
    folder.mkdir()
    (folder / name).symlink_to(precious)

    def decide() -> None:
        storage = Storage(folder, None)
        with storage.lock("s"):
            storage.open_attributes("s/.workers").write("a", 1)

    with pytest.raises(RecordError, match=rf"{re.escape(name)} is a symbolic link, to "):
        decide()
    assert precious.read_text() == '{"op_code": 0}\nmy thesis'


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
    """Both make the tables and the study."""
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


@pytest.mark.parametrize(
    "url",
    [
        "mysql://lab:secret@host/db",
        "sqlite:///x",
        "postgres://lab:secret@host/db",
        "postgresql+asyncpg://lab:secret@host/db",
        "postgresql://lab:secret@host:port/db",
        "postgresql//lab:secret@host/db",
        "postgresql:/lab:secret@host/db",
        "lab:secret@host/db",
        "garbage",
        "",
    ],
)
def test_a_wrong_url_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage must be null") as failed:
        Storage(tmp_path / "s", url)
    assert "secret" not in str(failed.value)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("url", ["postgresql://host/db", "postgresql+psycopg://a:b@host:1/db"])
def test_a_postgresql_url_is_taken(url: str) -> None:
    check_url(url)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage needs the package psycopg"):
        check_url("postgresql://host/db")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://lab:secret@host:5432/db", "postgresql://lab:***@host:5432/db"),
        ("postgresql://lab:se:cr@t@host/db", "postgresql://lab:***@host/db"),
        ("'postgresql://lab:secret@host/db?a=b'", "'postgresql://lab:***@host/db?a=b'"),
        ("postgresql://host/db?user=a&password=secret&b=c", None),
        ('"postgresql://host/db?password=secret"', 'postgresql://host/db?password=***"'),
        ("lab:secret@host/db", "lab:***@host/db"),
        ("postgresql://lab@host:5432/db", "postgresql://lab@host:5432/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        ("${oc.env:DATABASE}", "${oc.env:DATABASE}"),
        ("postgresql://host/db?sslPassWord=s&a=b", "postgresql://host/db?sslPassWord=***&a=b"),
        ("postgresql://host/db?a=b&pass%77ord=s", "postgresql://host/db?a=b&pass%77ord=***"),
    ],
)
def test_what_is_shown_of_a_url(url: str, shown: str | None) -> None:
    shown = shown or "postgresql://host/db?user=a&password=***&b=c"
    assert without_password(url) == shown or without_password(url) == f'"{shown}'


@pytest.mark.parametrize(
    ("override", "stored"),
    [
        (f"{plus}hydra.sweeper.storage={quote}{url}{quote}", f"{plus}hydra.sweeper.storage={bare}")
        for plus in ("", "+", "++")
        for quote in ("", "'", '"')
        for url, bare in (
            ("postgresql://lab:se%40cret@host:1/db", f"{quote}postgresql://lab@host:1/db{quote}"),
            ("postgresql://host/db?pass%77ord=secret", f"{quote}postgresql://host/db{quote}"),
        )
    ]
    + [
        ("hydra.sweeper.storage=${oc.env:DATABASE}", "hydra.sweeper.storage=${oc.env:DATABASE}"),
        ("hydra.sweeper.storage=lab:secret@host/db", "hydra.sweeper.storage=lab:***@host/db"),
        ("hydra.sweeper.name=a:b@c", "hydra.sweeper.name=a:b@c"),
        (
            "++hydra.sweeper={storage:'postgresql://lab:secret@host/db'}",
            "++hydra.sweeper={storage:***@host/db'}",
        ),
    ],
)
def test_a_password_is_not_stored(override: str, stored: str) -> None:
    assert as_stored(override) == stored
    assert "secret" not in stored


def test_a_password_that_cannot_be_hidden_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.storage: sslpassword would be"):
        check_url("postgresql://host/db?sslpassword=secret")


@pytest.mark.parametrize("url", ["mysql://lab:secret@host/db", "sqlite:///x", "garbage"])
def test_a_wrong_url_on_the_command_line(url: str, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, *SMALL, *TUNE_ONLY, f"hydra.sweeper.storage={url}")
    assert said.exit_code == 2
    assert said.error.startswith("error: hydra.sweeper.storage must be null")
    assert "secret" not in said.out + said.error
    assert "Traceback" not in said.error
    assert list(tmp_path.iterdir()) == []


def assert_nowhere(secret: str, folder: Path) -> None:
    """Look for a password in every file that a command left."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert paths
    assert [path for path in paths if secret.encode() in path.read_bytes()] == []


@pytest.mark.slow
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
def test_a_wrong_password_is_not_shown(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.url.replace(postgres.password, "wr0ng-secret")
    said = run_lab(tmp_path, *SMALL, *TUNE_ONLY, f"hydra.sweeper.storage={url}")
    assert said.exit_code == 2
    assert "password authentication failed" in said.error
    assert "wr0ng-secret" not in said.out + said.error


def test_a_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = _JournalLock(tmp_path / JOURNAL)
    for _ in range(2):
        assert lock.acquire()
        lock.release()
    lock.release()  # of nothing: no error


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("postgresql://lab:s%40cret@host:1/db?a=b", "postgresql://lab@host:1/db?a=b", "s@cret"),
        ("postgresql://host/db?password=secret&a=b", "postgresql://host/db?a=b", "secret"),
        ("postgresql://lab@host/db", "postgresql://lab@host/db", None),
    ],
)
def test_a_password_is_split_off(url: str, bare: str, password: str | None) -> None:
    assert split_password(url) == (bare, password)
