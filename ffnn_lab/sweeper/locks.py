"""Locks on files that die with their holder, on one machine and over network folders.

The files lie at names that anyone can foresee, in folders that others may write to: a symbolic
link there is refused, not followed, and nothing is ever written into a lock's file.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ffnn_lab.records import RecordError


@contextmanager
def locked(
    path: Path, *, waiting: Callable[[], None] = lambda: None, is_passing: bool = False
) -> Iterator[None]:
    """Lock a file, which is made if need be, inside a ``with``.

    Args:
        path: The file.
        waiting: Called once if another process holds the lock, before this one waits for it.
        is_passing: Whether to remove the file afterwards.

    Raises:
        RecordError: If something else lies there.
    """
    while True:
        descriptor = open_lock(path)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                waiting = lambda: None  # noqa: E731 - it was told
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _is_at(descriptor, path):
                continue  # Its former holder removed it: the lock of a file that nobody will find.
            try:
                yield
            finally:
                if is_passing:
                    path.unlink(missing_ok=True)
            return
        finally:
            os.close(descriptor)  # which unlocks it


def open_lock(path: Path) -> int:
    """Open a lock's file, which is made if need be, and return its descriptor.

    Raises:
        RecordError: If a symbolic link lies there, or anything else that is no file.
    """
    refuse_link(path)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:  # It was put there after the look.
            refuse_link(path)
        raise


def refuse_link(path: Path) -> None:
    """Refuse to write through a symbolic link, which would change a file elsewhere.

    Raises:
        RecordError: Naming it.
    """
    if path.is_symlink():
        msg = (
            f"{path} is a symbolic link, to {path.readlink()}; ffnn_lab never makes one there, "
            "and does not write through it. Remove it, and repeat the command"
        )
        raise RecordError(msg)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a path still leads to the file that is open."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
