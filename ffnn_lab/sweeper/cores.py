"""The processor cores that a process may use, and a worker's share of them."""

import os

import torch


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_of_cores(n_workers: int) -> int:
    """Return the number of threads of each of ``n_workers`` workers on this machine.

    Several workers divide the cores equally; a single one has as many threads as torch chooses.
    """
    return torch.get_num_threads() if n_workers == 1 else max(1, n_cores() // n_workers)


def idle_cores(n_cores: int, n_threads: int, n_left: int) -> int:
    """Count the cores that further workers could use.

    Args:
        n_cores: Cores of this machine.
        n_threads: Threads of the one worker.
        n_left: Runs that are not trained yet; each further worker needs one.
    """
    return max(0, min(n_cores - n_threads, n_left - 1))
