"""The cost of a run beside its training: proposals, records, scores, tracking, display.

``python -m benchmarks.overhead`` works through a sweep of 200 runs of one epoch on the digits, in
this process, as ``python -m ffnn_lab.run -m`` does once its config is composed: one arm, one seed
per setting (so that each run is an Optuna trial of its own), random proposals, a journal on disk,
no confirm stage. There are two such sweeps, one with ``tracking=off`` and one with
``tracking=offline``.

Overhead is the wall time from the definition of the sweep to its compacted records, minus the time
of ``trainer.Training``'s epochs and measurements, in milliseconds per run. The first draw of the
weights counts as overhead, too. The table and figures at the end of a sweep are left out: their
time does not grow with every run.
"""

import argparse
import io
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rich.console import Console

from benchmarks.clock import Clock
from benchmarks.machine import at_least_one, compose_run, one_core, print_machine, print_table
from ffnn_lab import trainer
from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig
from ffnn_lab.definition import Arm, Definition
from ffnn_lab.protocols.space import Interval
from ffnn_lab.records import RecordWriter, TableReader
from ffnn_lab.sweeper import leases, ledger, replicate
from ffnn_lab.sweeper.display import SweepDisplay
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.process import Post, work_at
from ffnn_lab.sweeper.studies.study import Study
from ffnn_lab.tracking import WandbTracker

MOST_MS = 20.0
"""Largest allowed overhead of a run, in milliseconds, with tracking off."""
POPULATION_SIZE = 64
TRAINING, REST = "training", "rest"
PARTS: Mapping[str, Sequence[tuple[Any, str]]] = {
    TRAINING: [(trainer.Training, "join"), (trainer.Training, "epoch")],
    "weights": [(trainer, "Population")],
    "ask, tell": [
        *((Study, name) for name in ("ask", "tell")),
        *((leases.Leases, name) for name in ("claims", "claim")),
    ],
    "records": [
        (TableReader, "refresh"),
        *((RecordWriter, name) for name in ("write", "compact")),
    ],
    "scores": [(ledger, "setting_scores"), (replicate, "best_settings")],
    "tracking": [(WandbTracker, name) for name in ("on_epoch", "finish")],
    "display": [(SweepDisplay, name) for name in ("epoch", "progress")],
}
"""By part of a sweep, the functions whose time is added up, each as its owner and its name."""


def make_definition(n_runs: int, tracking: str, name: str) -> Definition:
    """Return the definition of a sweep of runs of one epoch on the digits.

    Args:
        n_runs: Number of runs.
        tracking: The config group of tracking: ``off`` or ``offline``.
        name: Name of the sweep.
    """
    config = compose_run("optimizer=adam", "trainer.max_epochs=1", f"tracking={tracking}")
    space = {
        "optimizer.lr": Interval(1e-4, 1e-2, log=True),
        "initializer.gain": Interval(0.5, 2.0, log=True),
        "dropout.hidden": Interval(0.0, 0.5, log=False),
    }
    return Definition(
        name=name,
        command="",
        arms=(Arm.of("adam", config, (), space),),
        protocol=ProtocolConfig(
            name="random",
            n_settings=n_runs,
            seed=0,
            max_points=2,
            n_parallel=POPULATION_SIZE,
        ),
        objective=ObjectiveConfig(
            split="dev", metric="error", moment="last", n_last=1, aggregate="mean"
        ),
        tune_seeds=(0,),
        confirm_seeds=(),
        pruner=None,
        population_size=POPULATION_SIZE,
    )


def work(definition: Definition, folder: Path) -> None:
    """Run a sweep as ``sweeper.command.run_sweep`` does, up to its compacted records.

    Args:
        definition: Definition of the sweep.
        folder: Folder of the sweep.
    """
    with SweepDisplay(definition, Console(file=io.StringIO())) as display:
        open_sweep(
            definition, folder.parent, storage_url=None, retry_failed=False, watcher=display
        )
        work_at(Post(str(folder), None, 1, 0), watcher=display)


def measure(n_runs: int, tracking: str) -> dict[str, float]:
    """Time a sweep of ``n_runs`` runs.

    Args:
        n_runs: Number of runs.
        tracking: The config group of tracking: ``off`` or ``offline``.

    Returns:
        Milliseconds per run, by part of the sweep.
    """
    clock = Clock()
    with ExitStack() as stack:
        outputs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(one_core())
        work(make_definition(2, tracking, "first"), outputs / "first")  # warm-up
        for name, functions in PARTS.items():
            for owner, function in functions:
                timed = clock.timed(name, getattr(owner, function))
                stack.enter_context(patch.object(owner, function, timed))
        definition = make_definition(n_runs, tracking, "sweep")
        with clock.part(REST):
            work(definition, outputs / "sweep")
    return {name: 1000 * clock.seconds[name] / n_runs for name in (*PARTS, REST)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the overhead with tracking off and offline, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    said = "runs of each sweep (default: 200)"
    parser.add_argument("--runs", type=at_least_one, default=200, help=said)
    asked = parser.parse_args(arguments)
    found = {mode: measure(asked.runs, mode) for mode in ("off", "offline")}
    overhead = [sum(each.values()) - each[TRAINING] for each in found.values()]
    rows = [
        ["overhead", *(f"{ms:.2f}" for ms in overhead)],
        *(
            [
                name if name == TRAINING else f"  {name}",
                *(f"{m[name]:.2f}" for m in found.values()),
            ]
            for name in (*(part for part in PARTS if part != TRAINING), REST, TRAINING)
        ),
    ]
    title = (
        "overhead of a run beside its training, in milliseconds; with tracking off at most "
        f"{MOST_MS:g} are allowed;\n{asked.runs} runs of one epoch on digits, random proposals, "
        f"populations of {POPULATION_SIZE}, one core"
    )
    print_table(title, ("ms per run", *(f"tracking={mode}" for mode in found)), rows)
    print_machine()


if __name__ == "__main__":
    main()
