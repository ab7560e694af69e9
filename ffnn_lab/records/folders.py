"""Folders of records on a command line: the one of all sweeps, and one of them by its name."""

import argparse
import os
from pathlib import Path

from ffnn_lab.config import home
from ffnn_lab.definition import RecordError


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add ``--outputs``, the folder of all sweeps, to the options of a command."""
    parser.add_argument(
        "--outputs",
        type=home,
        default=os.environ.get("FFNN_LAB_OUTPUTS", "outputs"),
        help="folder of all sweeps (default: FFNN_LAB_OUTPUTS, or else outputs)",
    )


def find_folder(name: str, *, outputs: Path, kind: str, mark: str = "") -> Path:
    """Find a folder of records by its name or its path.

    Args:
        name: A name under the outputs, which comes first, or a path.
        outputs: The folder of all sweeps.
        kind: What the message says of a name that is not found, such as ``not a sweep``.
        mark: The file or folder that the folder must hold; any folder will do if empty.

    Raises:
        RecordError: If there is none; the message lists the names that there are.
    """
    place = home(name)
    for folder in (outputs / place, place):
        if name and folder.is_dir() and (folder / mark).exists():
            return folder
    names = ", ".join(sorted(path.parent.name for path in outputs.glob(f"*/{mark or 'runs'}")))
    there = f"there are: {names}" if names else f"{outputs} has none"
    msg = f"{name or 'an empty name'} is {kind} under {outputs}; {there}"
    raise RecordError(msg)
