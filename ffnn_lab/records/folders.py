"""Find a folder of records by its name or its path."""

from pathlib import Path

from ffnn_lab.config import home
from ffnn_lab.definition import RecordError


def find_folder(name: str, *, outputs: Path, kind: str, mark: str = "") -> Path:
    """Find a folder of records by its name or its path.

    Args:
        name: Name of a folder in ``outputs``, which is tried first, or path of a folder.
        outputs: The folder of all sweeps.
        kind: Words of the message on a name that is not found, such as ``not a sweep``.
        mark: Name of a file or folder that the wanted folder must contain; empty if any folder
            will do.

    Raises:
        RecordError: If there is no such folder; the message lists the names that there are.
    """
    place = home(name)
    for folder in (outputs / place, place):
        if name and folder.is_dir() and (folder / mark).exists():
            return folder
    names = ", ".join(sorted(path.parent.name for path in outputs.glob(f"*/{mark or 'runs'}")))
    there = f"there are: {names}" if names else f"{outputs} has none"
    msg = f"{name or 'an empty name'} is {kind} under {outputs}; {there}"
    raise RecordError(msg)
