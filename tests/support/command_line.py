"""Runs the project's command lines as a user does: in a process of their own."""

import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOT_INHERITED = ("FFNN_LAB", "HYDRA", "WANDB")
"""Settings of this process that a user's would not have: W&B's names a service it started here."""


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
        timeout=300,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def run_lab(folder: Path, *arguments: str, **environment: str) -> Said:
    """Run ``python -m ffnn_lab.run``."""
    return run_module("ffnn_lab.run", arguments, folder, environment)


def run_lab_forked(folder: Path, *arguments: str) -> Said:
    """Run the lab's command line in a fork of this process, which saves the second of imports.

    For command lines that end before anything trains: torch's threads do not survive a fork.
    """
    import ffnn_lab.run  # noqa: PLC0415 - only forks need it here

    out, error = folder / ".out", folder / ".error"
    child = os.fork()
    if child == 0:
        status = 70  # of the fork itself going wrong
        try:
            os.chdir(folder)
            for stream, path in ((1, out), (2, error)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            sys.argv = ["ffnn_lab.run", *arguments]
            for name in [each for each in os.environ if each.startswith(_NOT_INHERITED)]:
                del os.environ[name]
            ffnn_lab.run.main()
            status = 0
        except SystemExit as ending:
            status = ending.code if isinstance(ending.code, int) else 1
        except BaseException:  # noqa: BLE001 - what Python itself would do at the top
            traceback.print_exc()
            status = 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    said = Said(os.waitstatus_to_exitcode(status), out.read_text(), error.read_text())
    out.unlink()
    error.unlink()
    return said
