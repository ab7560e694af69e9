"""Functions for every benchmark: one core to itself, a composed run, the machine's table."""

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
    """Read a count from the command line.

    Raises:
        ArgumentTypeError: If it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        msg = f"expected a count of at least 1, got {text}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those it starts, on one core; denormal numbers are flushed.

    The trainer flushes them in its own time; here whatever it is compared with does so too.
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
    """Keep this thread, and what threads and processes it starts, on so many cores.

    Raises:
        ValueError: If there are fewer.
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
    """Let torch use so many threads, which flush denormal numbers unless they were started."""
    torch.set_num_threads(n_threads)
    torch.set_flush_denormal(True)


def compose_run(*overrides: str) -> RunConfig:
    """Compose a run from ``conf/`` as the command line does, on the CPU, eager unless told."""
    schemas.register()
    with initialize(version_base="1.3", config_path=None):
        composed = compose("config", overrides=["device=cpu", "trainer.compile=false", *overrides])
    config = OmegaConf.to_object(composed)
    assert isinstance(config, RunConfig)  # noqa: S101 - run_schema says so
    return config


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table under its title, the first column left and all others right."""
    table = Table(box=None)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=N_COLUMNS, highlight=False)
    console.print(f"\n{title}\n")
    console.print(table)


def machine() -> dict[str, str]:
    """Return what a number holds for: processor, cores, versions, commit."""
    known = environment()
    libraries = [name for name in ("jax", "jaxlib") if importlib.util.find_spec(name)]
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "machine.cores": str(os.cpu_count()),
        **{name: value for name, value in known.items() if name.startswith(("version", "git"))},
        **{f"version.{name}": metadata.version(name) for name in libraries},
    }


def print_machine() -> None:
    """Print what the numbers above hold for."""
    known = machine()
    versions = [name for name in known if name.startswith("version.")]
    changed = ", changed since" if known["git.is_dirty"] == "true" else ""
    lines = [
        f"{known['processor']}, {known['machine.cores']} cores, {known['system']}",
        ", ".join(f"{name.partition('.')[2]} {known[name]}" for name in versions),
        f"commit {known['git.commit'][:12]}{changed}",
    ]
    print("", *lines, sep="\n")


def _processor() -> str:
    """Name the processor, where the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
