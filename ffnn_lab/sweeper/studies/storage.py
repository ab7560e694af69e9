"""The storage that the workers of a sweep share, and the one lock around each decision.

Only the process that holds the lock may propose settings, score them and claim runs; training
needs no lock. A lock is released when its holder dies, on one machine and across machines.
"""

import errno
import functools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import optuna
from optuna.storages import BaseStorage, RDBStorage, get_storage
from optuna.study import StudyDirection

from ffnn_lab.records import RecordError
from ffnn_lab.sweeper.locks import locked
from ffnn_lab.sweeper.presence import JOURNAL
from ffnn_lab.sweeper.studies import private, server
from ffnn_lab.sweeper.studies.journal import open_journal
from ffnn_lab.sweeper.studies.urls import URL_KEY, check_url, without_password

T = TypeVar("T")
CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
"""Numbers of errors in writing a file that the user can do something about, such as a full
disk."""


class Storage:
    """A sweep's studies, on a journal in its folder or on a PostgreSQL server."""

    def __init__(
        self, folder: Path, url: str | None, patience: server.Patience | None = None
    ) -> None:
        """Open the storage, and create it if needed.

        Args:
            folder: The sweep's folder.
            url: URL of the server; None for the journal.
            patience: Rule for repeated calls if a server does not answer; None to raise an error
                at once.

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
        """True if a decision was undone on the server and may still be in Optuna's cache."""
        self._database: RDBStorage | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.optuna: BaseStorage
        if url is None:
            self.optuna = open_journal(folder / JOURNAL)
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
        """Return True if the storage is a server, on which other folders may have studies, too."""
        return self._database is not None

    @property
    def place(self) -> str:
        """Return the path of the journal, or the URL of the server without a password."""
        return str(self._folder / JOURNAL) if self._url is None else without_password(self._url)

    def open_study(self, name: str) -> optuna.Study:
        """Open the study of a name, or create it."""
        return optuna.create_study(
            storage=self.optuna, study_name=name, direction="minimize", load_if_exists=True
        )

    def open_attributes(self, name: str) -> "Attributes":
        """Open the notes that workers leave for one another, as attributes of a study.

        Args:
            name: The study's name, see `workers_of`; the study is created if needed.
        """
        try:
            study_id = self.optuna.get_study_id_from_name(name)
        except KeyError:
            try:
                study_id = self.optuna.create_new_study([StudyDirection.MINIMIZE], name)
            except optuna.exceptions.DuplicatedStudyError:  # another worker was quicker
                study_id = self.optuna.get_study_id_from_name(name)
        return Attributes(self.optuna, study_id, self.patiently)

    def delete(self, prefix: str) -> None:
        """Delete the studies whose names begin with ``prefix``."""
        for study in self.optuna.get_all_studies():
            if study.study_name.startswith(prefix):
                self.optuna.delete_study(private.study_id(study))

    def patiently(self, operation: Callable[[], T]) -> T:
        """Run an operation on the storage; where a server does not answer, wait and retry.

        Args:
            operation: Called again as a whole at each try, so it must be safe to repeat. For
                decisions, use `decide`.

        Returns:
            The result of the operation.

        Raises:
            StoppedWaitingError: If this process was told to stop while it waited.
        """
        if self._url is None:
            return operation()
        return self._patience.go_through(operation, self.place)

    def decide(
        self, name: str, decision: Callable[[], T], again: Callable[[], object] = lambda: None
    ) -> T:
        """Run a decision, such as claiming runs, under a sweep's lock.

        On a server a decision is one transaction: if its connection breaks, nothing of the
        decision is written, and the decision is taken again from the beginning.

        Args:
            name: The sweep's name.
            decision: The function to call under the lock.
            again: Called under the lock before a decision if the decision before it was undone;
                ``again`` must discard all that is known of the studies.

        Returns:
            The result of the decision.

        Raises:
            RecordError: If the server does not answer for longer than the patience lasts.
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
        """Wait for a sweep's lock, and hold it while the block runs.

        Args:
            name: The sweep's name.

        Raises:
            RecordError: If the connection to the server is lost.
        """
        with self.trouble_said(), self._holding(name):
            yield

    def _holding(self, name: str) -> AbstractContextManager[None]:
        if self._database is None:
            return locked(self._folder / ".lock")
        return server.decision(self._database, name)

    @contextmanager
    def trouble_said(self) -> Iterator[None]:
        """Replace errors of a database or of a full disk by a message with advice.

        Raises:
            RecordError: In place of such an error; any other error passes unchanged.
        """
        try:
            yield
        except OSError as error:
            if error.errno not in CANNOT_WRITE:
                raise
            msg = (
                f"{error.filename or self._folder} cannot be written "
                f"({os.strerror(error.errno)}). Recorded runs are kept: free space there, or make "
                "it writable, and repeat the command to continue"
            )
            raise RecordError(msg) from None  # the reason is in the message
        except Exception as error:
            if not server.is_trouble(error):
                raise
            msg = (
                f"{URL_KEY}={self.place} does not answer as expected: {server.reason_of(error)}\n"
                "Check the URL, and that the server runs and lets you in; then repeat the "
                "command to continue the sweep."
            )
            raise RecordError(msg) from None  # the reason is in the message


class Attributes:
    """Notes by key, stored as user attributes of an Optuna study.

    Every worker that reads after a write sees what was written.
    """

    def __init__(
        self, storage: BaseStorage, study_id: int, patiently: Callable[[Callable[[], None]], None]
    ) -> None:
        """Keep the arguments; nothing is read yet.

        Args:
            storage: Optuna's storage.
            study_id: The study's number in the storage.
            patiently: Runs an operation on the storage, see `Storage.patiently`.
        """
        self._storage = storage
        self._study_id = study_id
        self.patiently = patiently

    def read(self) -> dict[str, Any]:
        """Return all notes by their keys."""
        return dict(self._storage.get_study_user_attrs(self._study_id))

    def write(self, key: str, value: object) -> None:
        """Write one note, which JSON must be able to hold; the value None stands for no note."""
        self._storage.set_study_user_attr(self._study_id, key, value)
