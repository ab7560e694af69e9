"""Store and read ``definition.json``: what a sweep was asked to do."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.records.errors import RecordError


def write_definition(folder: Path, definition: Mapping[str, Any]) -> None:
    """Store what a sweep was asked to do, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / ".definition.json"
    beside.write_text(json.dumps(definition, indent=2) + "\n")
    beside.replace(folder / "definition.json")


def read_definition(folder: Path) -> dict[str, Any] | None:
    """Read what a sweep was asked to do; None if the folder has no definition.

    Raises:
        RecordError: If the file is damaged.
    """
    path = folder / "definition.json"
    if not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        msg = f"{path} cannot be read ({error}); restore it, or start under another name"
        raise RecordError(msg) from error
