"""Timing of the ways of training one cell, in turn.

Each number of cores has a process of its own. A cell is a workload, an optimizer and a number of
members.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import torch

from benchmarks.machine import pinned, use_threads
from benchmarks.ways import WAYS
from benchmarks.ways.turns import Turn
from benchmarks.workloads import Cell, Work, make_work


@dataclass(frozen=True)
class Effort:
    """The number and the duration of turns, and the members of the plain loop."""

    n_turns: int
    seconds: float
    """Approximate duration of each turn of each way, in seconds."""
    n_plain: int
    """Largest number of members that the plain loop trains."""


@dataclass
class Found:
    """The measured times of a way in a cell."""

    n_trained: int
    """Number of members that the way trained."""
    n_rows: int
    """Number of train examples."""
    compile_seconds: float | None
    """Wall time of the first turn minus that of the second, in seconds; None if the way compiles
    nothing. If a cache on disk was used, this is less than compiling takes."""
    us: list[float] = field(default_factory=list)
    """Microseconds per step and member, one value per turn."""


@contextmanager
def worker(n_cores: int) -> Iterator[ProcessPoolExecutor]:
    """Start a process on ``n_cores`` cores, in which torch and JAX have as many threads.

    The process is pinned to the cores before it imports torch or JAX, so that libraries that count
    cores find these only. On one core, JAX's libraries are told not to start threads of their own.
    Waiting threads do not spin, as in the lab's own command; otherwise the threads of one library
    would take time from the next way.

    Args:
        n_cores: Number of cores.
    """
    flags = {"OMP_WAIT_POLICY": "PASSIVE", "JAX_PLATFORMS": "cpu"}
    if n_cores == 1:
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        flags["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {one}".strip()
    spawn = multiprocessing.get_context("spawn")
    with (
        patch.dict(os.environ, flags),
        pinned(n_cores),
        ProcessPoolExecutor(1, spawn, initializer=use_threads, initargs=(n_cores,)) as pool,
    ):
        yield pool


def measure(cell: Cell, ways: Sequence[str], n_cores: int, effort: Effort) -> dict[str, Found]:
    """Time the ways of a cell in turn, A B A B; to be called in the process of a `worker`.

    Args:
        cell: The workload, the optimizer and the number of members.
        ways: Names of the ways that can run here.
        n_cores: Number of cores of the process.
        effort: Number and duration of the turns.

    Returns:
        The measured times by way; a way that needs more members is left out.
    """
    torch.manual_seed(0)  # for torch's own dropout and permutations, which the peers use
    work = make_work(cell, n_cores=n_cores, n_plain=effort.n_plain)
    prepared: dict[str, Turn] = {}
    found: dict[str, Found] = {}
    for name in ways:
        if len(work.configs) >= WAYS[name].least_members:
            prepared[name], found[name] = _prepare(name, work)
    for _ in range(effort.n_turns):
        for name, turn in prepared.items():
            found[name].us.append(turn(effort.seconds).us)
    return found


def _prepare(name: str, work: Work) -> tuple[Turn, Found]:
    """Prepare a way, and run its first turns, which are slow, as a warm-up.

    Args:
        name: Name of the way.
        work: The members and their data.

    Returns:
        The function that trains in timed turns, and the times, still without any turn.
    """
    turn = WAYS[name].prepare(work)
    seconds = [_wall_seconds(turn)]
    compile_seconds = None
    if WAYS[name].compiles:
        seconds.append(_wall_seconds(turn))
        compile_seconds = max(0.0, seconds[0] - seconds[1])
    n_members = len(work.configs)
    n_trained = min(n_members, work.n_plain) if name in ("plain", "fused") else n_members
    return turn, Found(n_trained, len(work.task.train.labels), compile_seconds)


def _wall_seconds(turn: Turn) -> float:
    started = time.perf_counter()
    turn(0)
    return time.perf_counter() - started
