"""A command in a process of its own, watched from outside: time, processor time, memory.

All processes of the command count, including child processes, the service of W&B, and processes
that outlive their parent. Needs Linux.
"""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""Folder of the project, from which the commands import their modules, whatever else is
installed."""
LOOK_SECONDS = 0.05
"""Seconds between two calls of the callback."""
MEMORY_SECONDS = 0.5
"""Seconds between two readings of the memory of all processes, which take milliseconds each."""
MOST_ORPHAN_SECONDS = 30.0
"""Longest time in seconds to wait for processes that outlive the command."""
_NOT_INHERITED = ("FFNN_LAB", "HYDRA", "WANDB")
"""Prefixes of environment variables that a user's process would not have."""
_SET_CHILD_SUBREAPER = 36
"""Linux's number of the option ``PR_SET_CHILD_SUBREAPER`` of ``prctl``."""


@dataclass
class Watched:
    """The time and memory of one command, seen from outside."""

    seconds: float = 0.0
    """Wall time until the command's own process ended."""
    cpu_seconds: float = 0.0
    """Processor time of all processes of the command."""
    peak_mb: float = 0.0
    """Largest memory of all processes of the command together in one reading, in MB of 1024 kB;
    shared memory counts once."""


Look = Callable[[int, float], None]
"""Callback that is called again and again with the process's id and the seconds since its
start."""


def watch(
    arguments: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    look: Look = lambda _pid, _seconds: None,
) -> Watched:
    """Run ``python`` with these arguments to its end, in the folder of ``log``.

    Args:
        arguments: Arguments of ``python``, from ``-m`` on.
        log: File for the command's output.
        environment: Environment variables to set for the command.
        look: Callback, called some twenty times a second.

    Returns:
        The time and memory of the command.

    Raises:
        RuntimeError: If the command fails; the message has the end of its output.
    """
    found = Watched()
    log.parent.mkdir(parents=True, exist_ok=True)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}
    looked_at = 0.0
    before = _children()
    with _orphans_adopted(), log.open("wb") as said:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - a command line of this project
            [sys.executable, *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**inherited, "PYTHONPATH": str(ROOT), **(environment or {})},
        )
        while not (end := os.wait4(process.pid, os.WNOHANG))[0]:
            elapsed = time.perf_counter() - started
            look(process.pid, elapsed)
            if elapsed - looked_at >= MEMORY_SECONDS:
                looked_at = elapsed
                held = sum(map(memory_kb, _below(_children() - before)))
                found.peak_mb = max(found.peak_mb, held / 1024)
            time.sleep(LOOK_SECONDS)
        found.seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(end[1])
        found.cpu_seconds = end[2].ru_utime + end[2].ru_stime + _wait_for(_children() - before)
    if process.returncode != 0:
        msg = f"{' '.join(arguments[:2])} ended with {process.returncode}: "
        raise RuntimeError(msg + log.read_text()[-2000:])
    return found


def memory_kb(pid: int) -> int:
    """Return a process's memory in kB, with its share of shared memory; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


@contextmanager
def _orphans_adopted() -> Iterator[None]:
    """Make this process adopt orphaned descendants, so that their processor time can be read."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _wait_for(pids: Collection[int]) -> float:
    """Wait for adopted processes to end, and return their processor time in seconds.

    Args:
        pids: Ids of the processes.

    Raises:
        RuntimeError: If a process does not end within `MOST_ORPHAN_SECONDS`.
    """
    seconds, left, until = 0.0, set(pids), time.perf_counter() + MOST_ORPHAN_SECONDS
    while left:
        for pid in sorted(left):
            ended, _, used = os.wait4(pid, os.WNOHANG)
            if ended:
                left.remove(pid)
                seconds += used.ru_utime + used.ru_stime
        if time.perf_counter() > until:
            msg = f"processes that the command left run on after {MOST_ORPHAN_SECONDS:g} s: {left}"
            raise RuntimeError(msg)
        time.sleep(LOOK_SECONDS if left else 0.0)
    return seconds


def _parents() -> dict[int, int]:
    """Return the id of the parent of each process of the machine, by process id."""
    found: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            # The name, in parentheses, may contain any character.
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def _below(pids: Collection[int]) -> set[int]:
    """Return the ids of processes and of all of their descendants."""
    parents, found, layer = _parents(), set[int](), set(pids)
    while layer:
        found |= layer
        layer = {each for each, parent in parents.items() if parent in layer} - found
    return found


def _children() -> set[int]:
    """Return the ids of this process's children, including adopted children."""
    return {each for each, parent in _parents().items() if parent == os.getpid()}
