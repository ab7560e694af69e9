"""Where the workers of a sweep meet: an Optuna storage, and the one lock around each decision.

Whoever holds the lock decides alone what is asked, scored and taken on; training needs no lock.
A lock dies with the process that holds it, on one machine and across machines.
"""

import errno
import functools
import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.study import StudyDirection

from ffnn_lab.config import ConfigError
from ffnn_lab.records import RecordError
from ffnn_lab.sweeper import server
from ffnn_lab.sweeper.locks import locked, refuse_link

T = TypeVar("T")
# sqlalchemy is imported where a server is asked for: a journal need not wait half a second for it.

JOURNAL = "study.journal"
URL_KEY = "hydra.sweeper.storage"
SCHEMES = ("postgresql", "postgresql+psycopg")
CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
"""Reasons for which a file cannot be written that the user can do something about."""


class Storage:
    """A sweep's studies, on a journal in its folder or on a PostgreSQL server."""

    def __init__(
        self, folder: Path, url: str | None, patience: server.Patience | None = None
    ) -> None:
        """Open, and begin what is not there yet.

        Args:
            folder: The sweep's.
            url: None for the journal.
            patience: With a server that does not answer; none if None.

        Raises:
            ConfigError: If the URL is not one of PostgreSQL.
            RecordError: If the server cannot be reached, or refuses.
        """
        if url is not None:
            check_url(url)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._folder = folder
        self._url = url
        self._patience = patience or server.Patience()
        self._is_stale = False
        """True if a decision was undone on the server, which Optuna's memory may take for done."""
        self._database: RDBStorage | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.optuna: BaseStorage
        if url is None:
            self.optuna = _open_journal(folder / JOURNAL)
        else:
            with self.trouble_said():
                self._database = self.patiently(functools.partial(server.open_database, url))
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
        return Attributes(self.optuna, study_id, self.patiently)

    def delete(self, prefix: str) -> None:
        """Delete the studies whose names begin so."""
        for study in self.optuna.get_all_studies():
            if study.study_name.startswith(prefix):
                self.optuna.delete_study(study._study_id)  # noqa: SLF001 - names alone are public

    def patiently(self, operation: Callable[[], T]) -> T:
        """Do what needs the storage; where a server does not answer, wait and do it again.

        Args:
            operation: Done as a whole each time, so it must be right to repeat it. Decisions are
                for `decide`.

        Raises:
            StoppedWaitingError: If this process was told to stop while it waited.
        """
        if self._url is None:
            return operation()
        return self._patience.go_through(operation, self.place)

    def decide(
        self, name: str, decision: Callable[[], T], again: Callable[[], object] = lambda: None
    ) -> T:
        """Decide in the sweep of that name while no other process does.

        On a server a decision is written as a whole, when it is taken, or not at all: one whose
        connection breaks is taken again from the beginning.

        Args:
            name: The sweep's.
            decision: What is to be done under the lock.
            again: Called under the lock before a decision that follows on one that came to
                nothing: all that is known of the studies must be read anew.

        Raises:
            RecordError: If the server went away, for longer than there is patience.
            StoppedWaitingError: If this process was told to stop while it waited.
        """

        def attempt() -> T:
            try:
                with self._holding(name):
                    if self._is_stale and self._database is not None:
                        self.optuna = get_storage(self._database)
                        again()
                    self._is_stale = False
                    return decision()
            except BaseException:
                self._is_stale = self._database is not None
                raise

        with self.trouble_said():
            return self.patiently(attempt)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Wait until no other process decides in the sweep of that name, and hold the lock.

        Raises:
            RecordError: If the server went away.
        """
        with self.trouble_said(), self._holding(name):
            yield

    def _holding(self, name: str) -> AbstractContextManager[None]:
        if self._database is None:
            return locked(self._folder / ".lock")
        return server.decision(self._database, name)

    @contextmanager
    def trouble_said(self) -> Iterator[None]:
        """Turn what a database or a full disk raises into a message that says what to do.

        Raises:
            RecordError: In its stead.
        """
        try:
            yield
        except OSError as error:
            if error.errno not in CANNOT_WRITE:
                raise
            msg = (
                f"{error.filename or self._folder} cannot be written "
                f"({os.strerror(error.errno)}). What is recorded stays: make room there, or let "
                "it be written to, and repeat the command; it goes on where it was"
            )
            raise RecordError(msg) from None  # the reason is in the message
        except Exception as error:
            if not server.is_trouble(error):
                raise
            msg = (
                f"{URL_KEY}={self.place} does not answer as expected: {server.reason_of(error)}\n"
                "Check the URL, and that the server runs and lets you in; then repeat the "
                "command: the sweep goes on where it was."
            )
            raise RecordError(msg) from None  # the reason is in the message


class Attributes:
    """Notes on a study; a write is seen by every worker that reads after it."""

    def __init__(
        self, storage: BaseStorage, study_id: int, patiently: Callable[[Callable[[], None]], None]
    ) -> None:
        """Take the storage and its number of the study.

        Args:
            storage: Optuna's.
            study_id: The study's number there.
            patiently: Does what needs the storage, see `Storage.patiently`.
        """
        self._storage = storage
        self._study_id = study_id
        self.patiently = patiently

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
        scheme, parameters = parsed.drivername, set(parsed.query)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        scheme, parameters = "", set()
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
