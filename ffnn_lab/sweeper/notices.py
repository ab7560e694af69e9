"""Notices: lines for the user from workers whose launcher does not show what they print.

Each worker appends its lines to a file of its own in the sweep's folder, where the process that
started the worker reads them. This works even while the worker waits for a storage that other
processes can reach.
"""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

FOLDER = ".notices"


def leave(folder: Path, parent: str, worker: str, text: str) -> None:
    """Append a line for the process that started this worker to the worker's file.

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
    """Reads the lines that workers leave for the process that started them."""

    def __init__(self, folder: Path, parent: str) -> None:
        """Keep the arguments; nothing is read yet.

        Args:
            folder: The sweep's folder.
            parent: The name of this process, which started the workers.
        """
        self._folder = folder / FOLDER / parent
        self._n_read: dict[Path, int] = {}
        self._told: set[str] = set()

    def read(self) -> list[str]:
        """Return the lines that workers left since the last call.

        A line that several workers left, or that was returned before, is not repeated.
        """
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
