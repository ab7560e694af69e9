"""Functions for all benchmarks: pinning to cores, composing a run, printing tables and machine."""

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import torch
from hydra import compose, initialize
from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

from ffnn_lab import schemas
from ffnn_lab.config import RunConfig
from ffnn_lab.records import environment

N_COLUMNS = 99


def at_least_one(text: str) -> int:
    """Return the count that a text of the command line has.

    Raises:
        ArgumentTypeError: If the text is not a count of at least 1.
    """
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a count of at least 1, got {text}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and the threads that it starts, on one core inside a ``with`` block.

    Denormal numbers are flushed to zero inside the block. The trainer does so itself; the block
    makes the ways that it is compared with do so, too.
    """
    n_threads = torch.get_num_threads()
    use_threads(1)
    try:
        with pinned(1):
            yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(n_threads)


@contextmanager
def pinned(n_cores: int) -> Iterator[None]:
    """Keep this thread, and the threads and processes that it starts, on ``n_cores`` cores.

    This holds inside the ``with`` block, on Linux only; other systems are not changed.

    Raises:
        ValueError: If this process may use fewer cores.
    """
    if sys.platform != "linux":
        yield
        return
    cores = os.sched_getaffinity(0)
    if len(cores) < n_cores:
        msg = f"cores must be at most {len(cores)}, which this process may use; got {n_cores}"
        raise ValueError(msg)
    os.sched_setaffinity(0, set(sorted(cores)[-n_cores:]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def use_threads(n_threads: int) -> None:
    """Set torch's number of threads; threads from now on flush denormal numbers to zero."""
    torch.set_num_threads(n_threads)
    torch.set_flush_denormal(True)


def compose_run(*overrides: str) -> RunConfig:
    """Compose the config of a run from ``conf/``, as the command line does.

    Args:
        *overrides: Overrides of the config; unless they say otherwise, the run is on the CPU and
            not compiled.
    """
    schemas.register()
    with initialize(version_base="1.3", config_path=None):
        composed = compose("config", overrides=["device=cpu", "trainer.compile=false", *overrides])
    config = OmegaConf.to_object(composed)
    assert isinstance(config, RunConfig)  # noqa: S101 - run_schema says so
    return config


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, with its first column aligned left and all others aligned right.

    Args:
        title: Title above the table.
        columns: Headings of the columns.
        rows: The cells of each row.
    """
    table = Table(box=None)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=N_COLUMNS, highlight=False)
    console.print(f"\n{title}\n")
    console.print(table)


def machine() -> dict[str, str]:
    """Return what a measurement depends on: processor, number of cores, versions, commit.

    The vector instructions (``instructions``) are those that torch's own kernels use, such as
    AVX2 or AVX512: processors of one name may differ in them.
    """
    known = environment()
    libraries = [name for name in ("jax", "jaxlib") if importlib.util.find_spec(name)]
    return {
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "system": f"{platform.system()} {platform.machine()}",
        "machine.cores": str(os.cpu_count()),
        **{name: value for name, value in known.items() if name.startswith(("version", "git"))},
        **{f"version.{name}": metadata.version(name) for name in libraries},
    }


def print_machine() -> None:
    """Print the machine, versions and commit with which the numbers above it were measured."""
    known = machine()
    versions = [name for name in known if name.startswith("version.")]
    changed = ", changed since" if known["git.is_dirty"] == "true" else ""
    lines = [
        f"{known['processor']} ({known['instructions']}), {known['machine.cores']} cores, "
        f"{known['system']}",
        ", ".join(f"{name.partition('.')[2]} {known[name]}" for name in versions),
        f"commit {known['git.commit'][:12]}{changed}",
    ]
    print("", *lines, sep="\n")


def _processor() -> str:
    """Return the name of the processor, as far as the system reports it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
