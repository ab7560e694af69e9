"""Optuna's journal in a sweep's folder: locked for each append, and repaired after a crash."""

import json
from contextlib import ExitStack
from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from ffnn_lab.sweeper.locks import locked, refuse_link
from ffnn_lab.sweeper.studies.private import BaseJournalFileLock


def read_journal(path: Path) -> JournalStorage:
    """Open a journal only to read it; nothing is locked or repaired."""
    return JournalStorage(JournalFileBackend(str(path)))


class JournalLock(BaseJournalFileLock):
    """Locks the journal for one append, and repairs what a killed writer left behind.

    Optuna's own locks are files that stay when their holder is killed, and block everybody.
    """

    def __init__(self, path: Path) -> None:
        """Keep the journal's path; nothing is locked yet."""
        self._path = path
        self._held = ExitStack()

    def acquire(self) -> bool:
        """Wait for the lock, cut off a last line that is incomplete, and return True."""
        refuse_link(self._path)
        self._held.enter_context(locked(self._path.with_name(f".{self._path.name}.lock")))
        _mend_tail(self._path)
        return True

    def release(self) -> None:
        """Release the lock."""
        self._held.close()


def _mend_tail(path: Path) -> None:
    """Cut off an incomplete last line, to which the next line would be appended."""
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


def open_journal(path: Path) -> JournalStorage:
    """Open a journal; if it cannot be read, rename it and begin a new one.

    Nothing is lost by this, because studies are restored from the records.
    """
    lock = JournalLock(path)
    lock.acquire()  # so that only one of several processes renames a damaged journal
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
