"""JSON with a checksum of itself: ``definition.json`` and ``claims.json``."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.files import write_whole

SEAL = "sha256"
"""The last key of the file: a checksum of all others, in their order."""


class DamagedError(ValueError):
    """A file whose contents are not what was written."""


def write_sealed(path: Path, contents: Mapping[str, Any]) -> None:
    """Write a JSON object with its checksum, whole or not at all.

    Raises:
        OSError: If it cannot be written.
    """
    plain = json.loads(json.dumps(contents))
    plain.pop(SEAL, None)
    plain[SEAL] = _checksum(plain)
    write_whole(path, (json.dumps(plain, indent=2) + "\n").encode())


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a JSON object and check it; one that commit 9b2446f wrote has no checksum.

    Returns:
        The object without its checksum.

    Raises:
        DamagedError: If the file is no JSON object, or does not match its checksum.
        OSError: If it cannot be read.
    """
    try:
        contents = json.loads(path.read_bytes())
    except ValueError as error:
        raise DamagedError(str(error)) from error
    if not isinstance(contents, dict):
        msg = "it holds no JSON object"
        raise DamagedError(msg)
    if SEAL in contents and contents.pop(SEAL) != _checksum(contents):
        msg = f"its contents do not match the checksum at its end, {SEAL}"
        raise DamagedError(msg)
    return contents


def _checksum(contents: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()
