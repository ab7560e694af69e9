"""The versions, machine and commit of this process, which each row of ``runs`` stores."""

import functools
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from ffnn_lab import __version__


@functools.cache
def environment() -> dict[str, str]:
    """Return the versions, machine and commit of this process by column of ``runs``, as text."""
    libraries = ("torch", "numpy", "optuna")
    versions = {f"version.{name}": metadata.version(name) for name in libraries}
    here = Path(__file__).parent
    commit = _git(here, "rev-parse", "HEAD")
    changes = _git(here, "status", "--porcelain", "--untracked-files=no")
    return {
        "version.ffnn_lab": __version__,
        **versions,
        "version.python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "git.commit": commit or "unknown",
        "git.is_dirty": "unknown" if commit is None else str(bool(changes)).lower(),
    }


def _git(folder: Path, *words: str) -> str | None:
    # Without locks: if the timeout ends git, a lock would stay in the user's repository.
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
