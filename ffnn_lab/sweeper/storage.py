"""Where the workers of a sweep meet: an Optuna storage, and the one lock around each decision.

Whoever holds the lock decides alone what is asked, scored and taken on; training needs no lock.
A lock dies with the process that holds it, on one machine and across machines.
"""

import importlib.util
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.study import StudyDirection

from ffnn_lab.config import ConfigError
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.locks import locked, refuse_link

if TYPE_CHECKING:
    from sqlalchemy import Engine

# sqlalchemy is imported where a server is asked for: a journal need not wait half a second for it.

JOURNAL = "study.journal"
URL_KEY = "hydra.sweeper.storage"
CONNECT_SECONDS = 10
SCHEMES = ("postgresql", "postgresql+psycopg")


class Storage:
    """A sweep's studies, on a journal in its folder or on a PostgreSQL server."""

    def __init__(self, folder: Path, url: str | None) -> None:
        """Open, and begin what is not there yet.

        Args:
            folder: The sweep's.
            url: None for the journal.

        Raises:
            ConfigError: If the URL is not one of PostgreSQL.
            RecordError: If the server cannot be reached, or refuses.
        """
        if url is not None:
            check_url(url)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._folder = folder
        self._url = url
        self._database: RDBStorage | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.optuna: BaseStorage
        if url is None:
            self.optuna = _open_journal(folder / JOURNAL)
        else:
            with self.trouble_said():
                self._database = _open_database(url)
                self.optuna = get_storage(self._database)

    def close(self) -> None:
        """Close the connections to a server."""
        if self._database is not None:
            self._database.remove_session()
            self._database.engine.dispose()

    @property
    def is_shared(self) -> bool:
        """Whether sweeps of other folders have their studies there, too."""
        return self._database is not None

    @property
    def place(self) -> str:
        """Name where the studies lie, without a password."""
        return str(self._folder / JOURNAL) if self._url is None else without_password(self._url)

    def open_study(self, name: str) -> optuna.Study:
        """Open a study, or begin it."""
        return optuna.create_study(
            storage=self.optuna, study_name=name, direction="minimize", load_if_exists=True
        )

    def open_attributes(self, name: str) -> "Attributes":
        """Open the notes that workers leave for each other, under a study's name."""
        try:
            study_id = self.optuna.get_study_id_from_name(name)
        except KeyError:
            try:
                study_id = self.optuna.create_new_study([StudyDirection.MINIMIZE], name)
            except optuna.exceptions.DuplicatedStudyError:  # another worker was quicker
                study_id = self.optuna.get_study_id_from_name(name)
        return Attributes(self.optuna, study_id)

    def delete(self, prefix: str) -> None:
        """Delete the studies whose names begin so."""
        for study in self.optuna.get_all_studies():
            if study.study_name.startswith(prefix):
                self.optuna.delete_study(study._study_id)  # noqa: SLF001 - names alone are public

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Wait until no other process decides in the sweep of that name, and hold the lock.

        Raises:
            RecordError: If the server went away.
        """
        if self._database is None:
            with locked(self._folder / ".lock"):
                yield
            return
        with self.trouble_said(), _locked(self._database.engine, name):
            yield

    @contextmanager
    def trouble_said(self) -> Iterator[None]:
        """Turn what a database raises into a message that says what to do.

        Raises:
            RecordError: In its stead.
        """
        if self._url is None:
            yield
            return
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see the top

        try:
            yield
        except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            reason = str(getattr(error, "orig", None) or error.__cause__ or error).strip()
            msg = (
                f"hydra.sweeper.storage={self.place} does not answer as expected: "
                f"{reason.splitlines()[0] if reason else type(error).__name__}\n"
                "Check the URL, and that the server runs and lets you in; then repeat the "
                "command: the sweep goes on where it was."
            )
            raise RecordError(msg) from None  # the reason is in the message


class Attributes:
    """Notes on a study; a write is seen by every worker that reads after it."""

    def __init__(self, storage: BaseStorage, study_id: int) -> None:
        """Take the storage and its number of the study."""
        self._storage = storage
        self._study_id = study_id

    def read(self) -> dict[str, Any]:
        """Read all of them."""
        return dict(self._storage.get_study_user_attrs(self._study_id))

    def write(self, key: str, value: object) -> None:
        """Write one; None stands for nothing."""
        self._storage.set_study_user_attr(self._study_id, key, value)


def check_url(url: str) -> None:
    """Refuse a URL that is not one of PostgreSQL, and one that no installed package can open.

    Raises:
        ConfigError: Saying what was expected.
    """
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - see the top
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
        scheme, parameters = parsed.drivername, parsed.query
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        scheme, parameters = "", {}
    if scheme not in SCHEMES:
        msg = (
            "hydra.sweeper.storage must be null (a journal in the sweep's folder) or "
            f"postgresql://user:password@host:port/database, got {without_password(url)}"
        )
        raise ConfigError(msg)
    if "sslpassword" in parameters:
        msg = (
            "hydra.sweeper.storage: sslpassword would be handed to the workers in writing; put it "
            "into a connection service file, and name that: postgresql://?service=NAME"
        )
        raise ConfigError(msg)
    if importlib.util.find_spec("psycopg") is None:
        msg = "hydra.sweeper.storage needs the package psycopg: pip install 'psycopg[binary]'"
        raise ConfigError(msg)


def without_password(url: str) -> str:
    """Write a URL as it may be shown; one that is not well formed, too."""
    # The password goes from the user's colon to the last @, for it may contain one.
    hidden = re.sub(r"(^|/)([^:/@]*):(?!//).*@", r"\1\2:***@", url)
    return re.sub(r"([?&])([^=&]*)=([^&'\"]*)", _hidden_parameter, hidden)


def _hidden_parameter(found: re.Match[str]) -> str:
    """Hide the value of a URL's parameter that is a password, however its name is written."""
    is_secret = "password" in unquote(found[2]).lower()
    return f"{found[1]}{found[2]}=***" if is_secret else found[0]


def as_stored(override: str) -> str:
    """Write an override as it may be stored: a URL of a storage without its password.

    What is stored can be used again where PostgreSQL's client finds the password by itself, in
    ``PGPASSWORD`` or ``PGPASSFILE``.
    """
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - see the top

    key, _, value = override.partition("=")
    if key.lstrip("+") == URL_KEY:
        quote = value[:1] if value[:1] in ("'", '"') else ""
        try:
            bare, _ = split_password(value.strip(quote) if quote else value)
        except (ArgumentError, ValueError):  # An interpolation, or not well formed.
            return f"{key}={without_password(value)}"
        return f"{key}={quote}{bare}{quote}"
    return without_password(override) if "postgres" in override.lower() else override


def _open_database(url: str) -> RDBStorage:
    """Open a database, and make its tables, which only one process at a time may do."""
    from sqlalchemy import NullPool, create_engine  # noqa: PLC0415 - see the top

    options = {"connect_timeout": CONNECT_SECONDS}
    with _locked(create_engine(url, poolclass=NullPool, connect_args=options), "/tables"):
        return RDBStorage(url, engine_kwargs={"pool_pre_ping": True, "connect_args": options})


@contextmanager
def _locked(engine: "Engine", name: str) -> Iterator[None]:
    """Hold the lock of that name on a server; it ends with the transaction, however that ends."""
    from sqlalchemy import text  # noqa: PLC0415 - see the top

    with engine.begin() as connection:
        key = {"key": zlib.crc32(f"ffnn_lab/{name}".encode())}
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
        yield


def split_password(url: str) -> tuple[str, str | None]:
    """Give a URL without its password, and the password."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - see the top

    parsed = make_url(url)
    asked = parsed.query.get("password")
    password = parsed.password or (asked if isinstance(asked, str) else None)
    bare = parsed._replace(password=None).difference_update_query(["password"])
    return bare.render_as_string(hide_password=False), password


class _JournalLock(BaseJournalFileLock):
    """Locks the journal for one append, and mends what a killed writer left behind.

    Optuna's own locks are files that stay when their holder is killed, and are waited for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = ExitStack()

    def acquire(self) -> bool:
        refuse_link(self._path)
        self._held.enter_context(locked(self._path.with_name(f".{self._path.name}.lock")))
        _mend_tail(self._path)
        return True

    def release(self) -> None:
        self._held.close()


def _mend_tail(path: Path) -> None:
    """Cut off a last line that was not written to its end; the next would be joined to it."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        end = size
        while end > 0:
            start = max(0, end - 4096)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def _open_journal(path: Path) -> JournalStorage:
    """Open a journal; one that cannot be read is set aside, for the records can replace it."""
    lock = _JournalLock(path)
    lock.acquire()  # so that of several processes one sets it aside
    try:
        # Optuna's reader overlooks a bad line as long as it is the last.
        for line in path.read_bytes().splitlines()[-1:] if path.exists() else ():
            json.loads(line)
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError):
        path.replace(path.with_name(f"{path.name}.damaged"))
        return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    finally:
        lock.release()
