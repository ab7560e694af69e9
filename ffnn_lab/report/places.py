"""Folders and files of reports, with a check in advance that they can be written."""

import contextlib
import os
import secrets
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ffnn_lab.config import UserError

TEXTS = ("csv", "md", "tex")
"""Suffixes of the files that are a table."""
SUFFIXES = ("pdf", "png", "csv", "json")
"""Suffixes of the files that are a figure."""
ROOM = 4_000_000
"""Free space in bytes that a report requires; one of five arms takes about a fourth of it."""
MOST_LETTERS = 160
"""Length of a file's name up to which it lists the sweeps that were named."""


class PlaceError(UserError):
    """A folder in which a report cannot be written; the message says why."""


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8, whatever the locale is.

    A byte of a path that is no UTF-8 is written as a backslash escape.
    """
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def stem_of(kind: str, sweeps: Sequence[str]) -> str:
    """Return the stem of the files about some sweeps, or about all if none is named."""
    stem = "-".join([kind, *sweeps])
    if len(stem) <= MOST_LETTERS:
        return stem
    return f"{kind}-of-{len(sweeps)}-sweeps-{zlib.crc32(stem.encode()):08x}"


def check_place(folder: Path, files: Mapping[str, Iterable[str]], *, advice: str) -> None:
    """Check that the files of a report can be written, and leave no trace.

    Several commands may check one folder at the same time.

    Args:
        folder: The folder of the report, which need not exist yet.
        files: By folder below it (``tables``, or ``.`` for itself), the names of its files.
        advice: Advice for the error message.

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
        reason = "no file that can be replaced"
        raise OSError(0, reason, str(path))


def _try_to_write(folder: Path, name: str) -> None:
    """Write and remove a file of the size of a report, under a name as long as its longest.

    The file lies in the folder, or in its nearest existing parent: whoever may write there may
    create the folders below.
    """
    nearest = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise NotADirectoryError(0, "no folder", str(nearest))
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
