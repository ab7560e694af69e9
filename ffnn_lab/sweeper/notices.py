"""Lines for the user from workers whose launcher shows nothing of what they print.

Each worker appends its lines to a file of its own in the sweep's folder, where the process that
started it reads them. This works even while the worker waits for a storage that others reach.
"""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

FOLDER = ".notices"


def leave(folder: Path, parent: str, worker: str, text: str) -> None:
    """Write a line for the process that started this worker.

    A line that cannot be written is dropped, so that training goes on.

    Args:
        folder: The sweep's folder.
        parent: The name of the process that started the worker.
        worker: The worker's name.
        text: The line.
    """
    path = folder / FOLDER / parent / worker
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, flags, 0o666), "a", encoding="utf-8") as file:
            file.write(json.dumps(text) + "\n")


class Notices:
    """The lines that the workers of one process leave for it."""

    def __init__(self, folder: Path, parent: str) -> None:
        """Take the sweep's folder and the name of this process; nothing is read yet."""
        self._folder = folder / FOLDER / parent
        self._n_read: dict[Path, int] = {}
        self._told: set[str] = set()

    def read(self) -> list[str]:
        """Return the new lines; the same line of several workers is returned only once."""
        new: list[str] = []
        for path in sorted(self._folder.glob("*")):
            with suppress(OSError, ValueError):
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                whole = [line for line in lines if line.endswith("\n")]
                new += [json.loads(line) for line in whole[self._n_read.get(path, 0) :]]
                self._n_read[path] = len(whole)
        fresh = [text for text in dict.fromkeys(new) if text not in self._told]
        self._told.update(fresh)
        return fresh

    def remove(self) -> None:
        """Remove the files of this process's workers."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):
            self._folder.parent.rmdir()


def forget(folder: Path) -> None:
    """Remove all notices in a sweep's folder; no process may be at work there."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
