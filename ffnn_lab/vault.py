"""The folder of compiled programs, which this process runs, and the checks of its files.

A file is trusted if nobody but this user and root could have written it, and if its contents match
the digest in a second file beside it. Folder and files are opened once, and the open descriptors
are checked, so that the file that is checked is the file that is read.
"""

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ffnn_lab.config import UserError

CACHE = "FFNN_LAB_CACHE"
"""Environment variable that names the folder of compiled programs."""
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_NEVER_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)


class FolderError(UserError):
    """Raised if a folder of programs cannot be used; the message says why, and what to do."""


class DamagedError(Exception):
    """Raised if a file of the folder, or its digest, cannot be trusted; the message says why."""


class Vault:
    """An open folder of files, each with its digest beside it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Create the vault of a folder that `opened` has opened and checked.

        Args:
            path: Path of the folder, for messages.
            descriptor: The folder's open descriptor.
        """
        self.path = path
        self._folder = descriptor

    def read(self, name: str) -> bytes | None:
        """Read a file of the folder; None if it does not exist.

        Raises:
            DamagedError: If other users could have written the file, or its digest is missing or
                does not match.
        """
        contents = self._read(name)
        if contents is None:
            return None
        beside = self._read(_digest_name(name))
        if beside is None:
            msg = f"it has no {_digest_name(name)} beside it"
            raise DamagedError(msg)
        if beside != _digest_line(name, contents):
            msg = f"its contents do not match the sha256 in {_digest_name(name)}"
            raise DamagedError(msg)
        return contents

    def write(self, name: str, contents: bytes) -> None:
        """Write a file and its digest, each whole or not at all."""
        # The digest comes first: a file beside a digest that is not its own is written again.
        self._write(_digest_name(name), _digest_line(name, contents))
        self._write(name, contents)

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Lock a file of the folder within the block; if a process dies, its lock is released."""
        flags = os.O_RDWR | os.O_CREAT | _NEVER_FOLLOWED
        with os.fdopen(os.open(name, flags, 0o600, dir_fd=self._folder), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _read(self, name: str) -> bytes | None:
        try:
            flags = os.O_RDONLY | os.O_NONBLOCK | _NEVER_FOLLOWED  # opening a pipe would wait
            descriptor = os.open(name, flags, dir_fd=self._folder)
        except FileNotFoundError:
            return None
        except OSError as error:  # a symbolic link, for one
            msg = f"{name} cannot be opened ({error.strerror})"
            raise DamagedError(msg) from error
        try:
            found = os.fstat(descriptor)
            reason = "is not a file" if not stat.S_ISREG(found.st_mode) else _distrust(found)
            if reason:
                msg = f"{name} {reason}"
                raise DamagedError(msg)
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)

    def _write(self, name: str, contents: bytes) -> None:
        beside = f".{name}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NEVER_FOLLOWED
        try:
            with os.fdopen(os.open(beside, flags, 0o600, dir_fd=self._folder), "wb") as file:
                file.write(contents)
            os.replace(beside, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=self._folder)
            raise


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Vault]:
    """Open a folder within the block; if it is missing, make it for this user alone.

    Raises:
        FolderError: If the folder cannot be made or opened, or other users can write to it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        msg = (
            f"the folder of compiled programs {path} cannot be opened ({error.strerror}): name "
            f"another one in the environment variable {CACHE}, or set trainer.compile=false"
        )
        raise FolderError(msg) from error
    try:
        reason = _distrust(os.fstat(descriptor))
        if reason:
            msg = (
                f"the folder of compiled programs {path} {reason}, and the programs in it are "
                f"run. If nobody else has put anything there, take it for yourself:\n"
                f"  chmod go-w {path}\n"
                f"Otherwise, name a folder of your own in the environment variable {CACHE}"
            )
            raise FolderError(msg)
        yield Vault(path, descriptor)
    finally:
        os.close(descriptor)


def _distrust(found: os.stat_result) -> str:
    """Return the reason why other users could have written a file or folder; "" if none could."""
    if found.st_uid not in (0, os.geteuid()):
        return f"belongs to another user (number {found.st_uid})"
    if found.st_mode & _OTHERS:
        return f"can be written by other users (mode {stat.S_IMODE(found.st_mode):04o})"
    return ""


def _digest_name(name: str) -> str:
    return f"{name}.sha256"


def _digest_line(name: str, contents: bytes) -> bytes:
    """Return a digest as ``sha256sum`` writes and checks it: a line of the digest and the name."""
    return f"{hashlib.sha256(contents).hexdigest()}  {name}\n".encode()
