"""Reads the runs that W&B wrote offline."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def inspect(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Read an offline run back with W&B's own tool: the contents of each kind of record."""
    binary = Path(sys.executable).with_name("wandb")
    done = subprocess.run(
        [str(binary), "leet", "inspect", "--json", str(folder.resolve())],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    kinds: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        kinds.setdefault(record["type"], []).append(record[record["type"]])
    return kinds
