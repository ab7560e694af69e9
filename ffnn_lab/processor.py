"""Processor settings for training: threads, memory, and no denormal numbers."""

import ctypes
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch

from ffnn_lab.networks.mlp import LARGE_WEIGHT
from ffnn_lab.networks.network import Walk
from ffnn_lab.population import Population

Result = TypeVar("Result")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Numbers of two options of the C function ``mallopt``, from ``malloc.h``."""
LARGE_MEMBER = 20_000
"""Number of a member's parameters from which on several threads are faster than one thread, if
steps are not compiled."""
LEAST_OF_LANE = 2
"""Smallest number of members for each thread, if steps are not compiled."""
LEAST_COMPILED = 80_000
"""Smallest number of parameters, over all members of a thread, if steps are compiled. With fewer,
threads wait for the interpreter lock longer than they compute (measured for networks of 64-64-10
and 64-128-128-10 units on two cores)."""
NEAR_CACHE = 2 * LARGE_WEIGHT
"""Number of parameters, over all members, that one compiled step updates. It is near the best of
1, 2, 4 and 16 members for nine networks of 50,000 to 1,400,000 parameters
(``docs/performance.md``). A member that has a large weight is updated alone, as its program
requires."""


@contextmanager
def no_denormals() -> Iterator[None]:
    """Flush numbers below the smallest normal one to zero.

    Squared gradients of a well-fitted net and running means of dead units shrink into that
    range, where a processor can be a hundred times slower.
    """
    was_flushing = _flushes()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(was_flushing)


@functools.cache
def keep_memory() -> None:
    """Make the C library keep freed memory, since the next step will allocate as much again.

    By default glibc hands tensors of megabytes back to the system, which must fill their pages
    with zeros each time: a tenth of the time of a step of wide nets.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:  # only glibc has it
        return
    # glibc before 2.35 accepts at most 32 MB. Either option ends the automatic adjustment of both,
    # so the second one alone would do harm.
    if set_option(_M_MMAP_THRESHOLD, 1 << 30) or set_option(_M_MMAP_THRESHOLD, 1 << 25):
        set_option(_M_TRIM_THRESHOLD, (1 << 31) - 1)


def n_at_once(
    n_members: int, n_stored: int, n_threads: int, *, is_compiled: bool, walk: Walk = "stacked"
) -> int:
    """Return the number of threads that train a population, each a part of its members.

    Threads that share each operation would wait for one another thousands of times in an epoch,
    and must either spin meanwhile, which slows another process on the same cores tenfold, or
    sleep, which doubled the time of small nets. Threads with members of their own wait only for
    the interpreter lock, which a compiled step needs for a few calls, and any other step for each
    operation: with small members threads wait longer than they gain. Then workers, each a process,
    make better use of further cores.

    Args:
        n_members: Number of members of the population.
        n_stored: Number of parameters of a member, padding included.
        n_threads: Number of threads that may be used.
        is_compiled: True if steps are compiled.
        walk: The way members are computed, see `Walk`.
    """
    if walk != "stacked":
        return min(n_members, n_threads) if walk == "one_by_one" else 1
    if is_compiled:
        n_useful = min(n_members, n_members * n_stored // LEAST_COMPILED)
    else:
        n_useful = n_members // LEAST_OF_LANE if n_stored >= LARGE_MEMBER else 1
    return max(1, min(n_threads, n_useful))


def _n_lanes(population: Population) -> int:
    """Return the number of parts into which a population is cut, at least one for each thread.

    `n_at_once` says how many threads there are. If steps are compiled, parts are small enough to
    stay near the cache from step to step, and every thread gets equally many parts.
    """
    n_members, n_stored = len(population), population.network.n_stored
    if population.device.type == "cuda":
        return 1
    is_compiled, walk = population.is_compiled, population.network.walk
    n_threads = torch.get_num_threads()
    n_busy = n_at_once(n_members, n_stored, n_threads, is_compiled=is_compiled, walk=walk)
    if not is_compiled:
        return n_busy
    n_near = -(-n_members // max(1, NEAR_CACHE // n_stored))
    return min(n_members, -(-n_near // n_busy) * n_busy)


def lanes_of(population: Population) -> list[Population]:
    """Cut a population into parts that share its memory; each trains an epoch independently."""
    bounds = np.linspace(0, len(population), _n_lanes(population) + 1).round().astype(int).tolist()
    return [population.part(start, stop) for start, stop in itertools.pairwise(bounds)]


def ready() -> None:
    """Prepare a thread of a pool to compute without further threads and denormal numbers."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def at_once(
    deeds: Sequence[Callable[[], Result]], pool: ThreadPoolExecutor | None
) -> list[Result]:
    """Call functions in threads of a pool, and return their results in order.

    All calls have ended before the first error is raised.

    Args:
        deeds: The functions.
        pool: The threads; None to call the functions in this thread, one after another.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # within each operation
    try:
        if pool is None or len(deeds) == 1:
            return [deed() for deed in deeds]
        futures = [pool.submit(deed) for deed in deeds]
        wait(futures)
        return [future.result() for future in futures]
    finally:
        torch.set_num_threads(before)


def _flushes() -> bool:
    """Return True if this thread flushes denormal numbers."""
    return not bool((torch.full((16,), torch.finfo(torch.float32).tiny) * 0.5).any())
