"""JSON files with a checksum of their contents: ``definition.json`` and ``claims.json``."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.files import write_whole

SEAL = "sha256"
"""The last key of a file; its value is the checksum of all other keys, in their order."""


class DamagedError(ValueError):
    """Raised if a file's contents are not what was written, or not what they should be."""


def write_sealed(path: Path, contents: Mapping[str, Any]) -> None:
    """Write a JSON object with its checksum, whole or not at all.

    Raises:
        OSError: If the file cannot be written.
    """
    plain = json.loads(json.dumps(contents))
    plain.pop(SEAL, None)
    plain[SEAL] = _checksum(plain)
    write_whole(path, (json.dumps(plain, indent=2) + "\n").encode())


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file, and compare it with the checksum in the same file.

    A file without a checksum is read unchecked: versions before records carried a format number
    wrote no checksum.

    Returns:
        The object without its checksum.

    Raises:
        DamagedError: If the file is no JSON object, or does not match its checksum.
        OSError: If the file cannot be read.
    """
    try:
        contents = json.loads(path.read_bytes())
    except ValueError as error:
        raise DamagedError(str(error)) from error
    if not isinstance(contents, dict):
        msg = "it does not hold a JSON object"
        raise DamagedError(msg)
    if SEAL in contents and contents.pop(SEAL) != _checksum(contents):
        msg = f"its contents do not match the checksum at its end, {SEAL}"
        raise DamagedError(msg)
    return contents


def _checksum(contents: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()
