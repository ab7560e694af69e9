"""The processor cores that a process may use, and a worker's share of them."""

import math
import os
from collections.abc import Collection
from pathlib import Path

import torch

from ffnn_lab.tasks.data.task import Task

WORTH_SECONDS = 20.0
"""Estimated training time of a single worker, in seconds, from which on further workers are
started. Their start takes about three seconds of a core (``docs/decisions/2026-11-29.md``); an
estimate may be too long by a factor of two."""
WORKER_BYTES = 400 << 20
"""Bytes of memory that a worker takes without the examples of its tasks: its imports and a
population."""
_MEMORY = Path("/proc/meminfo")


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_of_cores(n_workers: int) -> int:
    """Return the number of threads of each of ``n_workers`` workers on this machine.

    Several workers divide the cores equally; a single worker has as many threads as torch chooses.
    """
    return torch.get_num_threads() if n_workers == 1 else max(1, n_cores() // n_workers)


def workers_that_pay(
    seconds: float, *, n_cores: int, n_units: int, n_task_bytes: int, n_free_bytes: int | None
) -> int:
    """Return the number of workers that finish the sweep soonest, at least 1.

    Args:
        seconds: Estimated training time of a single worker, in seconds; NaN if unknown.
        n_cores: Cores of this machine.
        n_units: Settings, or runs of confirm, that can be trained at the same time.
        n_task_bytes: Bytes of the examples that each worker loads.
        n_free_bytes: Bytes of memory of this machine that are free; None if unknown.
    """
    if math.isnan(seconds) or seconds < WORTH_SECONDS:
        return 1
    # Twice the size: examples are read in their file's form, then scaled.
    fit = n_cores if n_free_bytes is None else n_free_bytes // (WORKER_BYTES + 2 * n_task_bytes)
    return max(1, min(n_cores, n_units, fit))


def free_bytes() -> int | None:
    """Return the bytes of memory that processes can still take; None if they are unknown."""
    try:
        lines = _MEMORY.read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) << 10
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def task_bytes(tasks: Collection[Task]) -> int:
    """Return the bytes that the examples of tasks take, with all of their splits."""
    splits = [split for task in tasks for split in (task.train, task.dev, task.test)]
    return sum(split.inputs.nbytes + split.labels.nbytes for split in splits)
