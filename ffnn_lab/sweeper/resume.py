"""What a sweep's folder must hold before work goes on in it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ffnn_lab.records import RecordError, read_definition, write_definition
from ffnn_lab.sweeper.definition import Definition, differences


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep a second process from working on the same sweep; the lock dies with the process.

    Raises:
        RecordError: If another process is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = (
                f"{folder} is being worked on by another process; "
                "python -m ffnn_lab.status shows how far it is"
            )
            raise RecordError(msg) from error
        yield


def prepare(folder: Path, definition: Definition) -> None:
    """Begin the folder with its definition, or make sure that the stored one is the same.

    Raises:
        RecordError: If another definition was begun under the same name; the message shows the
            difference and what to do.
    """
    stored = read_definition(folder)
    if stored is None:
        write_definition(folder, definition.to_json())
        return
    changed = differences(stored, definition.to_json())
    if changed:
        lines = "\n  ".join(changed)
        msg = (
            f"{folder} holds another definition (- there, + asked for now):\n  {lines}\n"
            f"Give this one a name of its own (hydra.sweeper.name=NAME), or delete {folder}."
        )
        raise RecordError(msg)
