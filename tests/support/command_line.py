"""Runs the project's command lines as a user does: in a process of their own."""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOT_INHERITED = ("FFNN_LAB", "HYDRA", "WANDB")
"""Settings of this process that a user's would not have: W&B's names a service it started here."""
MOST_SECONDS = 300
"""Time after which a command line counts as hanging."""


def users_environment(**more: str) -> dict[str, str]:
    """Give this process's environment without what a user's would not have."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}
    return {**kept, **more}


@dataclass(frozen=True)
class Said:
    """What a command line came to."""

    exit_code: int
    out: str
    error: str


def run_module(
    module: str,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Said:
    """Run ``python -m module arguments`` in ``folder``, where its outputs go too."""
    return run_python(["-m", module, *arguments], folder, environment)


def run_python(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Said:
    """Run ``python arguments`` in ``folder``."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=users_environment(**(environment or {})),
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def run_lab(folder: Path, *arguments: str, **environment: str) -> Said:
    """Run ``python -m ffnn_lab.run``."""
    return run_module("ffnn_lab.run", arguments, folder, environment)


def run_lab_forked(folder: Path, *arguments: str, **environment: str) -> Said:
    """Run the lab's command line in a fork of a process that has imported it.

    That saves the five seconds of imports, and is else what ``run_lab`` does.
    """
    return _nursery().run(folder, arguments, users_environment(**environment))


class _Nursery:
    """A process that has imported the lab, and forks for each command line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", Path(__file__).with_name("nursery.py")],
            env=users_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)

    def run(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Said:
        """Run one command line to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as said:
            out, error = Path(said, "out"), Path(said, "error")
            out.touch()
            error.touch()
            request = {
                "folder": str(folder),
                "arguments": arguments,
                "environment": dict(environment),
                "out": str(out),
                "error": str(error),
                "most_seconds": MOST_SECONDS,
            }
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            exit_code = int(self._process.stdout.readline())
            return Said(exit_code, out.read_text(), error.read_text())

    def _end(self) -> None:
        self._process.communicate()


@functools.cache
def _nursery() -> _Nursery:
    return _Nursery()
