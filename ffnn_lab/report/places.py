"""Where a report is written: tried before anything is done, and one sentence if it cannot be."""

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
"""Bytes that must find room; a report of five arms takes about a fourth of them."""
MOST_LETTERS = 160
"""Length of a file's name up to which it lists the sweeps that were named."""


class PlaceError(UserError):
    """A folder in which a report cannot be written; the message says why."""


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8, whatever the locale is.

    A byte of a path that is no UTF-8 is written as Python writes it.
    """
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def stem_of(kind: str, sweeps: Sequence[str]) -> str:
    """Name the files that are about some sweeps, or about all if none is named."""
    stem = "-".join([kind, *sweeps])
    if len(stem) <= MOST_LETTERS:
        return stem
    return f"{kind}-of-{len(sweeps)}-sweeps-{zlib.crc32(stem.encode()):08x}"


def check_place(folder: Path, files: Mapping[str, Iterable[str]], *, advice: str) -> None:
    """Try whether the files of a report can be written, and leave no trace.

    Several commands may try one folder at the same time.

    Args:
        folder: In which, with what is below it; it need not be there yet.
        files: To each folder below it (``tables``, or ``.`` for itself) the names of its files.
        advice: What to do where they cannot, for the message.

    Raises:
        PlaceError: If a folder cannot be made, a file not be replaced, or if there is no room.
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
    """Write as much as a report takes, under a name as long as its longest.

    It goes to the folder, or to the nearest above it that is there: who may write into that one
    may make those below it.
    """
    nearest = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not nearest.is_dir():
        raise NotADirectoryError(0, "no folder", str(nearest))
    # It begins with a dot in place of the first letter, so it is no file of a report.
    token = secrets.token_hex(4)
    path = nearest / f".{token}{name[len(token) + 1 :]}"
    try:
        # Random, lest a file system that compresses takes nothing for it.
        path.write_bytes(os.urandom(ROOM))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    finally:
        with contextlib.suppress(OSError):  # which says what it could not write
            path.unlink(missing_ok=True)
