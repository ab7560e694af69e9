"""File locks that are released when their holder dies, on one machine and over network folders.

Lock files have predictable names in folders that others may write to. So a symbolic link there is
refused, not followed, and nothing is ever written into a lock file.
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
    """Lock a file exclusively while a ``with`` block runs; create the file if needed.

    Args:
        path: Path of the lock file.
        waiting: Called once if another process holds the lock, before this process waits for it.
        is_passing: True to remove the file afterwards.

    Raises:
        RecordError: If the path is a symbolic link.
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
                continue  # The former holder removed the file: nobody else would find this lock.
            try:
                yield
            finally:
                if is_passing:
                    path.unlink(missing_ok=True)
            return
        finally:
            os.close(descriptor)  # which unlocks it


def open_lock(path: Path) -> int:
    """Open a lock file, create it if needed, and return its file descriptor.

    Raises:
        RecordError: If the path is a symbolic link.
    """
    refuse_link(path)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:  # The link was made after the first check.
            refuse_link(path)
        raise


def refuse_link(path: Path) -> None:
    """Check that a path is not a symbolic link; writing through it would change a file elsewhere.

    Raises:
        RecordError: If the path is a symbolic link; the message names the link and its target.
    """
    if path.is_symlink():
        msg = (
            f"{path} is a symbolic link, to {path.readlink()}; ffnn_lab never makes one there, "
            "and does not write through it. Remove it, and repeat the command"
        )
        raise RecordError(msg)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return True if ``path`` still leads to the file that is open as ``descriptor``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
