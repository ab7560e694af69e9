"""A storage on PostgreSQL: decisions as transactions, and retries if a server does not answer.

A decision, such as claiming runs, is one transaction, which holds the sweep's lock and all that is
written meanwhile. So a process that loses its connection has lost the lock and has written
nothing, and decides again.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import optuna
from optuna.storages import RDBStorage

from ffnn_lab.config import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine

# sqlalchemy is imported where a server is asked for: a journal need not wait half a second for it.

T = TypeVar("T")
CONNECT_SECONDS = 10
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
_KEEPALIVE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # ms
}
"""Connection options by which the loss of a server's machine is noticed after about a minute; by
the system's own limit it takes two hours."""
_SHORT = (
    "too many clients",
    "remaining connection slots",
    "too many connections",
    "no more connections allowed",
)
"""Messages of PostgreSQL and pgbouncer when no connection is free."""
_BUSY = (*_SHORT, "starting up", "shutting down", "recovery mode", "not yet accepting")
"""Messages of a server that will accept clients later."""
_REFUSED = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf")
"""Messages of a server that will never accept this client."""


class StoppedWaitingError(UserError):
    """Raised if this process was told to stop while it waited for a server."""


def _ignore(_text: str) -> None:
    pass


@dataclass
class Patience:
    """The rule by which a call to a server is repeated if the server does not answer."""

    seconds: float = 0.0
    """Seconds for which a call is repeated, before it fails."""
    notice: Callable[[str], None] = _ignore
    """Receives a line for the user when the waiting begins, and when it is over."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Event that ends the waiting once it is set."""
    was_reached: bool = False
    """True if this process or another one reached the server before, so its address is right."""

    def go_through(self, operation: Callable[[], T], place: str) -> T:
        """Run an operation on the server; repeat it until the server answers.

        Args:
            operation: Called again as a whole at each try, so it must be safe to repeat.
            place: The server's address without a password, for messages.

        Returns:
            The result of the operation.

        Raises:
            StoppedWaitingError: If ``stop`` was set meanwhile.
            Exception: The operation's error, if it is not temporary, or lasted too long.
        """
        began, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        has_told = False
        while True:
            try:
                result = operation()
            except Exception as error:
                waited = time.monotonic() - began
                if not may_pass(error, was_reached=self.was_reached) or waited >= self.seconds:
                    raise
                if not has_told:
                    has_told = True
                    self.notice(waiting_text(place, reason_of(error), self.seconds))
                if self.stop.wait(min(pause, self.seconds - waited)):
                    raise StoppedWaitingError from None
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                continue
            self.was_reached = True
            if has_told:
                self.notice(f"the storage answers again, after {time.monotonic() - began:.0f} s")
            return result


def waiting_text(place: str, reason: str, seconds: float) -> str:
    """Return the line that tells the user that this process waits for a server.

    Args:
        place: The server's address without a password.
        reason: The first line of the server's error.
        seconds: Seconds for which the call is repeated.
    """
    hint = ""
    if any(text in reason for text in _SHORT):
        hint = "; each worker needs two or three connections, so lower hydra.sweeper.n_workers"
    return (
        f"hydra.sweeper.storage={place} does not answer ({reason}): trying again for "
        f"{seconds:.0f} s (hydra.sweeper.storage_patience_seconds){hint}"
    )


def is_trouble(error: BaseException) -> bool:
    """Return True if an error comes from a database, directly or wrapped by Optuna."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - see the top

    return isinstance(error, SQLAlchemyError | optuna.exceptions.StorageInternalError)


def reason_of(error: BaseException) -> str:
    """Return the first line of a database's error message."""
    wrapped = error.__cause__ if not hasattr(error, "orig") else None
    own = wrapped or error
    said = str(getattr(own, "orig", None) or own.__cause__ or own).strip()
    return said.splitlines()[0] if said else type(error).__name__


def is_short_of_connections(error: BaseException) -> bool:
    """Return True if an error means that a server has no connection free."""
    return is_trouble(error) and any(text in reason_of(error) for text in _SHORT)


def may_pass(error: BaseException, *, was_reached: bool) -> bool:
    """Return True if a database's error may be temporary.

    Args:
        error: The error.
        was_reached: True if the server was reached before. If not, a server that cannot be reached
            is taken for a mistake in the URL.
    """
    from sqlalchemy import exc  # noqa: PLC0415 - see the top

    if not is_trouble(error):
        return False
    reason = reason_of(error)
    if any(text in reason for text in _BUSY):
        return True
    passing = (exc.OperationalError, exc.InterfaceError, exc.PendingRollbackError)
    causes = [each for each in (error, error.__cause__) if each is not None]
    is_passing = any(
        isinstance(each, passing) or getattr(each, "connection_invalidated", False)
        for each in causes
    )
    return is_passing and was_reached and not any(text in reason for text in _REFUSED)


def open_database(url: str) -> RDBStorage:
    """Open a database, and create its tables under a lock: one process at a time may do so."""
    from sqlalchemy import NullPool, create_engine  # noqa: PLC0415 - see the top

    options = {"connect_timeout": CONNECT_SECONDS, **_KEEPALIVE}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with _locked(engine, "/tables"):
        return RDBStorage(url, engine_kwargs={"pool_pre_ping": True, "connect_args": options})


@contextmanager
def decision(database: RDBStorage, name: str) -> Iterator[None]:
    """Run a block in one transaction that takes a lock and has all that this thread writes.

    The transaction is committed if the block ends without an error, and else rolled back.

    Args:
        database: The storage on the server.
        name: Name of the lock: that of the sweep.
    """
    from sqlalchemy import text  # noqa: PLC0415 - see the top

    sessions = database.scoped_session.registry
    before = sessions() if sessions.has() else None
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), _key(name))
        # What Optuna commits becomes part of this transaction.
        session = database.scoped_session.session_factory(
            bind=connection, join_transaction_mode="create_savepoint"
        )
        sessions.set(session)
        try:
            yield
        finally:
            with suppress(Exception):  # of a connection that broke; the block's error says more
                session.close()
            sessions.clear()
            if before is not None:
                sessions.set(before)


@contextmanager
def _locked(engine: "Engine", name: str) -> Iterator[None]:
    """Take a lock on a server while the block runs; the end of a transaction releases the lock."""
    from sqlalchemy import text  # noqa: PLC0415 - see the top

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), _key(name))
        yield


def _key(name: str) -> dict[str, int]:
    return {"key": zlib.crc32(f"ffnn_lab/{name}".encode())}
