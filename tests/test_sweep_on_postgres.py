"""Sweeps whose workers meet on a PostgreSQL server."""

import itertools
import json
import os
import re
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest

from ffnn_lab.definition import read_definition
from ffnn_lab.records import RecordError, read_runs
from ffnn_lab.sweeper.supervisor import hand_over
from ffnn_lab.sweeper.worker import StoppedError
from tests.support.command_line import run_lab, run_lab_forked
from tests.support.exhaustive import rest
from tests.support.kill import GONE_SECONDS, MOST_SECONDS, Command, Watch
from tests.support.postgres import Cluster
from tests.support.sweeps import Alone, Stopper, make_definition, tables, work

GRID = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1,1.0",
    "tracking=off",
    "hydra.sweeper.name=s",
    "hydra.sweeper.tune.n_seeds=2",
    "hydra.sweeper.confirm.n_seeds=2",
    "hydra.sweeper.population_size=2",
)
FEW = (
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,0.1",
    "hydra.sweeper.name=s",
    "hydra.sweeper.tune.n_seeds=1",
    "hydra.sweeper.confirm.n_seeds=1",
    "hydra.sweeper.population_size=2",
)
psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
sql = pytest.importorskip("psycopg.sql")
JOBLIB = ("hydra/launcher=joblib", "hydra.sweeper.n_workers=3")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture
def server(request: pytest.FixtureRequest, postgres: Cluster) -> str:
    """Return the URL of an empty database of the test's own."""
    name: str = request.node.name
    return postgres.new_database(re.sub(r"\W", "_", name)[-63:])


@contextmanager
def command(root: Path, *words: str, log: str = "log") -> Iterator[Command]:
    """Start a command line below ``root``, and kill what is left of it at the end."""
    here = root / "here"
    here.mkdir(exist_ok=True)
    started = Command(words, here, root / log)
    try:
        yield started
    finally:
        started.kill_all()


def wait_for(started: Command, watch: Watch, is_so: Callable[[], object]) -> None:
    """Wait until ``is_so`` returns true, while a command works."""
    while not is_so():
        code = started.wait(started.seconds + 0.05, watch)
        assert code is None, f"it ended with {code}; it said:\n{started._log.read_text()}"
        assert started.seconds < MOST_SECONDS, started._log.read_text()


def without_commit(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that change when somebody commits between two commands."""
    return table.drop(columns=["git.commit", "git.is_dirty"], errors="ignore")


def assert_same(one: Path, other: Path) -> None:
    """Assert that two sweeps have the same tables, to the bit."""
    for there, here in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(
            without_commit(there), without_commit(here), check_exact=True
        )


# --- the same sweep ----------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [rest("grid"), rest("random"), "tpe"])
def test_a_server_gives_what_a_journal_gives(protocol: str, tmp_path: Path, server: str) -> None:
    definition = make_definition(protocol)
    journal = work(tmp_path / "journal", definition)
    assert_same(journal, work(tmp_path / "server", definition, storage=server))
    stopper = Stopper()
    again = work(tmp_path / "server", definition, stopper, storage=server)
    assert stopper.n_trained == 0
    assert_same(journal, again)


def test_a_sweep_moves_between_a_journal_and_a_server(tmp_path: Path, server: str) -> None:
    definition = make_definition("tpe")
    undisturbed = work(tmp_path / "undisturbed", definition)
    moving, n_trained, is_done = tmp_path / "moving", 0, False
    places: Iterator[str | None] = itertools.cycle([None, server])
    while not is_done:
        stopper = Stopper()
        try:
            work(moving, definition, stopper, storage=next(places))
            is_done = True
        except StoppedError:
            pass
        n_trained += stopper.n_trained
    assert n_trained == definition.n_runs
    assert_same(undisturbed, moving / "test")


@pytest.mark.slow
@pytest.mark.exhaustive
@on_linux
def test_three_workers_on_a_server(alone: Alone, tmp_path: Path, server: str) -> None:
    watch = Watch(tmp_path / "here" / "outputs" / "s")
    words = (*GRID, "trainer.max_epochs=40", *JOBLIB, f"hydra.sweeper.storage={server}")
    with command(tmp_path, *words) as started:
        assert started.wait(MOST_SECONDS, watch) == 0, started._log.read_text()
    folder = tmp_path / "here" / "outputs" / "s"
    assert watch.twice() == []
    assert set(watch.trainings) == set(read_runs(folder)["run_id"])
    assert_same(alone(folder), folder)
    assert not (folder / "study.journal").exists()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_password_may_come_from_the_environment(
    tmp_path: Path, postgres: Cluster, server: str
) -> None:
    """PostgreSQL's own client reads the same variable; so no command line has the password."""
    url = server.replace(f":{postgres.password}@", "@")
    words = ("-m", *FEW, "tracking=off", "trainer.max_epochs=1", f"hydra.sweeper.storage={url}")
    assert run_lab_forked(tmp_path, *words, PGPASSWORD=postgres.password).exit_code == 0
    said = run_lab_forked(tmp_path, *words)
    assert said.exit_code == 2
    assert "no password supplied" in said.error


SECRET = "p@ss:w/rd?&='%zz"  # noqa: S105 - a test's own
"""A password of characters that have a meaning in a URL, in YAML or in Hydra's grammar."""


def forms_of(secret: str) -> list[bytes]:
    """List the forms in which a password may be written: as it is, percent-encoded, in JSON."""
    forms = (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1])
    return [form.encode() for form in dict.fromkeys(forms)]


def holds(contents: bytes, secret: str) -> bool:
    """Return True if a file or a command line holds a password, in any form."""
    return any(form in contents for form in forms_of(secret))


@pytest.fixture
def secret_url(server: str) -> str:
    """Return the URL of the test's database for a user with an awkward password."""
    user = f"awkward_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        make = sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}")
        connection.execute(make.format(sql.Identifier(user), SECRET))
    return f"postgresql://{user}:{quote(SECRET, safe='')}@{server.partition('@')[2]}"


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize(
    ("launcher", "key"),
    [
        rest("submitit_local", "++hydra.sweeper.storage"),
        rest("joblib", "++hydra.sweeper.storage"),
        rest("basic", "hydra.sweeper.storage"),
    ],
)
def test_a_password_reaches_no_file_and_no_workers_command_line(
    launcher: str, key: str, tmp_path: Path, secret_url: str
) -> None:
    """Definition, figures, W&B's files, launcher's pickles: none has the password in any form."""
    words = (
        *FEW,
        "tracking=offline",
        "trainer.max_epochs=1",
        "hydra.output_subdir=.hydra",
        f"hydra/launcher={launcher}",
        *(() if launcher == "basic" else ("hydra.sweeper.n_workers=2",)),
        f"{key}={secret_url}",
    )
    watch = Watch(tmp_path / "here" / "outputs" / "s")
    titles: set[bytes] = set()
    with command(tmp_path, *words) as started:
        code = None
        while code is None:
            code = started.wait(started.seconds + 0.2, watch)
            titles |= {" ".join(each.command).encode() for each in started.children()}
            assert started.seconds < MOST_SECONDS, started._log.read_text()
        said = started._log.read_text()
    assert code == 0, said
    assert "Traceback" not in said
    assert not any(holds(title, SECRET) for title in titles)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("definition.json" in str(path) for path in files)
    assert [path for path in files if holds(path.read_bytes(), SECRET)] == []
    assert [path for path in files if path.suffix == ".journal"] == []
    definition = read_definition(tmp_path / "here" / "outputs" / "s")
    assert definition is not None
    user = secret_url.removeprefix("postgresql://").partition(":")[0]
    assert f"{key}=postgresql://{user}@127.0.0.1" in definition.command


def test_a_password_is_handed_over_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "another")
    assert hand_over(None) is None
    assert hand_over("postgresql://lab@host/db") == "postgresql://lab@host/db"
    assert os.environ["PGPASSWORD"] == "another"
    assert hand_over("postgresql://lab:secret@host/db") == "postgresql://lab@host/db"
    assert os.environ["PGPASSWORD"] == "secret"


# --- slips -------------------------------------------------------------------------------------


WITHOUT_A_RETRY = 100
"""A third of ``hydra.sweeper.storage_patience_seconds``, for which a command would try again."""


def assert_refused(root: Path, url: str, says: str) -> None:
    """Assert that a command does not try again, has one message, and leaves no files."""
    started = time.monotonic()
    said = run_lab_forked(
        root, "-m", *GRID, "trainer.max_epochs=1", f"hydra.sweeper.storage={url}"
    )
    assert time.monotonic() - started < WITHOUT_A_RETRY
    assert said.exit_code == 2
    assert said.error.startswith("error: hydra.sweeper.storage=postgresql://lab:***@")
    assert said.error.count("error: ") == 1
    assert says in said.error
    assert "Check the URL" in said.error
    assert "Traceback" not in said.out + said.error
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_wrong_port(tmp_path: Path, postgres: Cluster) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        url = postgres.url.replace(str(postgres.port), str(port))
        assert_refused(tmp_path, url, "Connection refused")


def test_a_wrong_host(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.url.replace("127.0.0.1", "no-such-host.invalid")
    assert_refused(tmp_path, url, "no-such-host.invalid")


def test_a_wrong_database(tmp_path: Path, postgres: Cluster) -> None:
    assert_refused(tmp_path, postgres.url_of("nowhere"), 'database "nowhere" does not exist')


def test_a_wrong_user_or_password(tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.url.replace(postgres.password, "wrong")
    assert_refused(tmp_path, url, "password authentication failed")


@pytest.mark.slow
def test_a_host_that_never_answers(tmp_path: Path, postgres: Cluster) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        url = postgres.url.replace(str(postgres.port), str(port))
        assert_refused(tmp_path, url, "timeout")


# --- whose studies -----------------------------------------------------------------------------


def test_a_name_belongs_to_one_folder(tmp_path: Path, server: str) -> None:
    """Another sweep of the same name would take over settings that were asked for here."""
    work(tmp_path / "one", make_definition("grid"), storage=server)
    for other in (make_definition("grid"), make_definition("tpe")):
        with pytest.raises(RecordError, match=r"has a sweep test, .* another folder, .*one/test"):
            work(tmp_path / "other", other, storage=server)
    assert not list((tmp_path / "other" / "test").iterdir())
    work(tmp_path / "other", make_definition("tpe", name="mine"), storage=server)
    stopper = Stopper()
    work(tmp_path / "one", make_definition("grid"), stopper, storage=server)
    assert stopper.n_trained == 0


def test_a_folder_may_move(tmp_path: Path, server: str) -> None:
    work(tmp_path / "one", make_definition("grid"), storage=server)
    (tmp_path / "one").rename(tmp_path / "two")
    stopper = Stopper()
    work(tmp_path / "two", make_definition("grid"), stopper, storage=server)
    assert stopper.n_trained == 0


def test_a_folder_that_was_deleted_begins_anew(tmp_path: Path, server: str) -> None:
    """The new sweep has another space; nothing of its predecessor's studies is left."""
    work(tmp_path, make_definition("grid"), storage=server)
    shutil.rmtree(tmp_path / "test")
    definition = make_definition("random")
    folder = work(tmp_path, definition, storage=server)
    assert_same(work(tmp_path / "journal", definition), folder)


@pytest.mark.exhaustive
def test_more_seeds_keep_the_name(tmp_path: Path, server: str) -> None:
    """More seeds make the studies again, which still say which folder they belong to."""
    for seeds in ((0, 1), (0, 1, 2), (0, 1, 2)):
        work(tmp_path, make_definition("grid", tune_seeds=seeds), storage=server)
    with pytest.raises(RecordError, match="belongs to another folder"):
        work(tmp_path / "other", make_definition("grid"), storage=server)


# --- a server that goes away -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.exhaustive
@on_linux
@pytest.mark.parametrize("launcher", [(), JOBLIB], ids=["basic", "joblib"])
def test_a_server_that_crashes_is_told_and_the_sweep_goes_on_later(
    launcher: tuple[str, ...],
    tmp_path: Path,
    alone: Alone,
    postgres: Cluster,
    server: str,
) -> None:
    folder = tmp_path / "here" / "outputs" / "s"
    watch = Watch(folder)
    impatient = "hydra.sweeper.storage_patience_seconds=0"
    storage = f"hydra.sweeper.storage={server}"
    words = (*GRID, "trainer.max_epochs=40", *launcher, storage, impatient)
    with command(tmp_path, *words) as started:
        wait_for(started, watch, lambda: watch.trainings)
        with postgres.stopped("immediate"):
            # A worker notices when it next needs the server: when its population is trained.
            assert started.wait(started.seconds + 60, watch) == 2, started._log.read_text()
            seconds = started.wait_gone()
            assert seconds is not None, f"left after {GONE_SECONDS} s: {started.children()}"
            said = started._log.read_text()
            assert said.count("error: ") == 1, said
            assert "does not answer as expected" in said
            assert "repeat the command to continue the sweep" in said
            assert "Traceback" not in said, said
            assert postgres.password not in said
            again = run_lab(tmp_path / "here", "-m", *words)
            assert again.exit_code == 2
            assert again.error.count("error: ") == 1
    watch.look()
    assert watch.trainings
    with command(tmp_path, *words, log="again") as started:
        assert started.wait(MOST_SECONDS, watch) == 0, started._log.read_text()
    assert watch.twice() == []
    assert_same(alone(folder), folder)


@pytest.mark.slow
@on_linux
def test_a_server_that_restarts_is_waited_for(
    tmp_path: Path, alone: Alone, postgres: Cluster, server: str
) -> None:
    """Two workers wait for the server; nothing is trained twice, and numbers are the same."""
    folder = tmp_path / "here" / "outputs" / "s"
    watch = Watch(folder)
    words = (
        *GRID,
        "trainer.max_epochs=40",
        "hydra.sweeper.n_workers=2",
        f"hydra.sweeper.storage={server}",
    )
    with command(tmp_path, *words) as started:
        wait_for(started, watch, lambda: watch.trainings)
        for _ in range(2):
            with postgres.stopped("immediate"):
                time.sleep(2)
            time.sleep(1)
        assert started.wait(MOST_SECONDS, watch) == 0, started._log.read_text()
        said = started._log.read_text()
    assert "does not answer" in said
    assert "answers again" in said
    assert "Traceback" not in said
    assert watch.twice() == []
    assert_same(alone(folder), folder)


@contextmanager
def no_connection_free(url: str) -> Iterator[None]:
    """Take every free connection of the server until the block ends."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(psycopg.connect(url))
            except psycopg.OperationalError:
                break
        yield


@pytest.mark.slow
@pytest.mark.exhaustive
@on_linux
def test_connections_that_are_short_are_told_and_waited_for(
    alone: Alone, tmp_path: Path, server: str
) -> None:
    """First the command itself finds no connection, then its workers do not.

    The workers' launcher shows none of their output.
    """
    folder = tmp_path / "here" / "outputs" / "s"
    watch = Watch(folder)
    two = ("hydra/launcher=joblib", "hydra.sweeper.n_workers=2")
    words = (*GRID, "trainer.max_epochs=40", *two, f"hydra.sweeper.storage={server}")
    with command(tmp_path, *words) as started:

        def n_hints() -> int:
            return started._log.read_text().count("so lower hydra.sweeper.n_workers")

        with no_connection_free(server):
            wait_for(started, watch, n_hints)
        wait_for(started, watch, lambda: "0 of 12 runs" in started._log.read_text())
        before = n_hints()
        with no_connection_free(server):
            wait_for(started, watch, lambda: n_hints() > before)
        assert started.wait(MOST_SECONDS, watch) == 0, started._log.read_text()
        said = started._log.read_text()
    assert "Traceback" not in said
    assert "error: " not in said
    assert watch.twice() == []
    assert_same(alone(folder), folder)
