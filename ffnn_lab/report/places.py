"""Folders and files of reports, with a check in advance that they can be written."""

import contextlib
import os
import secrets
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ffnn_lab.config import UserError

TEXTS = ("csv", "md", "tex")
"""Suffixes of the files to which each table is written."""
SUFFIXES = ("pdf", "png", "csv", "json")
"""Suffixes of the files to which each figure is written."""
ROOM = 4_000_000
"""Free space in bytes that a report requires; a report on five arms takes about a fourth of it."""
MOST_LETTERS = 160
"""Greatest number of letters in the stem of a file that lists the named sweeps; a longer list is
replaced by the number of sweeps and a checksum."""


class PlaceError(UserError):
    """Raised if a report cannot be written to a folder; the message says why."""


def write_text(path: Path, text: str) -> None:
    """Write a text and a line break to a file, in UTF-8 whatever the locale is.

    If the text has a path with a byte that is not UTF-8, the byte is written as an escape that
    begins with a backslash.
    """
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def stem_of(kind: str, sweeps: Sequence[str]) -> str:
    """Return the stem of the names of a report's files about several sweeps.

    Args:
        kind: First word of the stem: ``claims`` or ``summary``.
        sweeps: Names of the sweeps that the user named; none if the report is about all sweeps.
    """
    stem = "-".join([kind, *sweeps])
    if len(stem) <= MOST_LETTERS:
        return stem
    return f"{kind}-of-{len(sweeps)}-sweeps-{zlib.crc32(stem.encode()):08x}"


def check_place(folder: Path, files: Mapping[str, Iterable[str]], *, advice: str) -> None:
    """Check that the files of a report can be written, and leave no file behind.

    Several commands may check one folder at the same time.

    Args:
        folder: The folder of the report, which need not exist yet.
        files: By subfolder of ``folder`` (``tables``, or ``.`` for ``folder`` itself), the names
            of the files that it gets.
        advice: End of the error message: what the user can do.

    Raises:
        PlaceError: If a folder cannot be made, a file cannot be replaced, or there is no room.
    """
    try:
        for below, names in files.items():
            where = folder / below
            for name in names:
                _check_file(where / name)
            _try_to_write(where, max(names, key=len))
    except OSError as error:
        what = f"{error.filename or folder}: {error.strerror or error}"
        msg = f"the report cannot be written there ({what}); {advice}"
        raise PlaceError(msg) from None


def _check_file(path: Path) -> None:
    if path.exists() and not (path.is_file() and os.access(path, os.W_OK)):
        reason = "not a file that can be replaced"
        raise OSError(0, reason, str(path))


def _try_to_write(folder: Path, name: str) -> None:
    """Write a file of `ROOM` bytes, under a name as long as ``name``, and remove it.

    The file is written to ``folder``, or to its nearest parent that exists: a user who may write
    there may also create the folders below it.

    Raises:
        OSError: If the file cannot be written.
    """
    nearest = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise NotADirectoryError(0, "not a folder", str(nearest))
    # It begins with a dot in place of the first letter, so it is no file of a report.
    token = secrets.token_hex(4)
    path = nearest / f".{token}{name[len(token) + 1 :]}"
    try:
        # Random bytes, so that a file system that compresses needs the space, too.
        path.write_bytes(os.urandom(ROOM))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    finally:
        with contextlib.suppress(OSError):  # the error of the write is the one to raise
            path.unlink(missing_ok=True)
