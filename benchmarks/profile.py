"""The time of a whole sweep by its parts, from the imports to the last figure.

``python -m benchmarks.profile`` works through the sweep of ``benchmarks.end_to_end`` (200 runs on
the digits, W&B offline) as ``python -m ffnn_lab.run -m`` does, in this process, by one thread and
with a clock in the functions that `PARTS` names; arguments after the options are passed on::

    python -m benchmarks.profile --epochs 5 tracking=off

Seconds are reported twice, as wall time and as processor time of all threads of this process;
shares are of processor time. The time of a part is that of its functions, minus that of other
parts called inside them; the clock adds a microsecond or two to each call. Training that happens
while a sweep is settled or planned counts as time of these two parts. Of a compiled step,
everything but the update is one row. Other processes, such as the one that writes W&B, are not
measured here: ``benchmarks.end_to_end`` counts them.
"""

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from operator import attrgetter
from pathlib import Path
from unittest.mock import patch

from benchmarks.clock import Clock
from benchmarks.whole_sweep import NAME, Work

ALONE = "hydra.sweeper.n_workers=1"
"""Override for a single worker, which is this process; other processes would not be measured."""
IMPORTS = (*("ffnn_lab.run", "ffnn_lab.sweeper.command", "ffnn_lab.report.reports.report"),)
"""Modules that the command imports; they are imported before anything else is timed."""
IMPORTED, REST = "imports", "rest of the sweep"
WHOLE = ("settling", "plan")
"""Parts whose time includes that of other parts that are called inside them."""
PARTS: Mapping[str, Sequence[str]] = {
    "Hydra": (
        "ffnn_lab.run:main",
        "ffnn_lab.sweeper.composer:Composer._compose",
        "ffnn_lab.sweeper.composer:Composer.is_group",
    ),
    "data": ("ffnn_lab.tasks:_load",),
    "settling": ("ffnn_lab.sweeper.command:settle_sweep",),
    "plan": ("ffnn_lab.sweeper.command:estimate",),
    "first weights": ("ffnn_lab.trainer:Population",),
    "order of examples, dropout's draws": ("ffnn_lab.stepper:epoch_batches",),
    "masks": ("ffnn_lab.steps:make_masks",),
    "forward": ("ffnn_lab.networks.mlp:forward_pass",),
    "backward": ("ffnn_lab.networks.mlp:backward",),
    "batch, loss": ("ffnn_lab.stepper:Stepper.gradients",),
    "compiled gradients": ("ffnn_lab.stepper:CompiledStepper.gradients",),
    "programs": ("ffnn_lab.stepper:gradients_program", "ffnn_lab.stepper:update_program"),
    "update": ("ffnn_lab.stepper:Stepper.update_",),
    "evaluation": ("ffnn_lab.evaluation:Evaluator.measure",),
    "rest of training": tuple(
        f"ffnn_lab.trainer:Training.{name}" for name in ("join", "epoch", "leave")
    ),
    "Optuna": (
        "ffnn_lab.sweeper.studies.study:Study.ask",
        "ffnn_lab.sweeper.studies.study:Study.tell",
        "ffnn_lab.sweeper.replicate:ReplicateAgenda.restore",
        "ffnn_lab.sweeper.command:open_sweep",
    ),
    "leases": tuple(f"ffnn_lab.sweeper.leases:Leases.{name}" for name in ("claims", "claim")),
    "records": (
        "ffnn_lab.records:TableReader.refresh",
        "ffnn_lab.records:RecordWriter.write",
        "ffnn_lab.records:RecordWriter.compact",
    ),
    "scores": (
        "ffnn_lab.sweeper.ledger:setting_scores",
        "ffnn_lab.sweeper.replicate:best_settings",
    ),
    "tracking": tuple(f"ffnn_lab.tracking:WandbTracker.{name}" for name in ("on_epoch", "finish")),
    "display": tuple(
        f"ffnn_lab.sweeper.display:SweepDisplay.{name}" for name in ("epoch", "progress")
    ),
    "tables": ("ffnn_lab.report.reports.report:report",),
    "figures": (
        "ffnn_lab.report.reports.content:_drawings_of",
        "ffnn_lab.report.reports.report:save",
    ),
    REST: ("ffnn_lab.sweeper.command:run_sweep",),
}
"""By part of a sweep, the functions whose time is added up, as ``module:name`` with the module
from which they are called. Only this mapping must be changed when they are renamed."""
STEPS = (
    *("order of examples, dropout's draws", "masks", "forward", "backward", "batch, loss"),
    *("compiled gradients", "update"),
)
"""Parts of a training step, whose time is also reported per step."""


def measure(arguments: Sequence[str], *, log: Path) -> Clock:
    """Run the lab's command line in this process under a clock.

    Args:
        arguments: Overrides of the command line.
        log: File for the command's output.

    Returns:
        The clock, with the time of each part.

    Raises:
        AttributeError: If a function of `PARTS` does not exist.
    """
    clock = Clock()
    with clock.part(IMPORTED):
        for module in IMPORTS:
            importlib.import_module(module)
    with ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", ["ffnn_lab.run", "-m", ALONE, *arguments]))
        stack.enter_context(redirect_stdout(stack.enter_context(log.open("w"))))
        for name, places in PARTS.items():
            for place in places:
                module, _, path = place.partition(":")
                *inside, last = path.split(".")
                found = importlib.import_module(module)
                owner = attrgetter(".".join(inside))(found) if inside else found
                timed = clock.timed(name, getattr(owner, last), is_whole=name in WHOLE)
                stack.enter_context(patch.object(owner, last, timed))
        importlib.import_module("ffnn_lab.run").main()
    return clock


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a sweep by its parts, and print a table."""
    started, cpu_started = time.perf_counter(), time.process_time()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for flag, default, said in (
        ("--settings", 8, "learning rates of each of the five optimizers"),
        ("--seeds", 5, "seeds of each setting"),
        ("--epochs", 20, "epochs of each run"),
    ):
        parser.add_argument(flag, type=int, default=default, help=f"{said} (default: {default})")
    parser.add_argument("overrides", nargs="*", help="further words of the command line")
    asked = parser.parse_args(arguments)
    # As in the command itself: before torch starts its threads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["OMP_NUM_THREADS"] = "1"  # a clock is for one thread
    work = Work.of(n_settings=asked.settings, n_seeds=asked.seeds, n_epochs=asked.epochs)
    with tempfile.TemporaryDirectory() as held:
        outputs = Path(held)
        clock = measure([*work.words(outputs), *asked.overrides], log=outputs / "log")
        whole, cpu_whole = time.perf_counter() - started, time.process_time() - cpu_started
        # Both import what is timed above.
        from benchmarks.machine import print_machine, print_table  # noqa: PLC0415 - not timed
        from ffnn_lab.records import read_runs  # noqa: PLC0415 - as above

        n_steps = int(read_runs(outputs / NAME)["n_steps"].sum())
    rows = [
        [
            name,
            f"{clock.seconds[name]:.2f}",
            f"{clock.cpu_seconds[name]:.2f}",
            f"{100 * clock.cpu_seconds[name] / cpu_whole:.1f}",
            f"{clock.calls[name]:,}",
            f"{1e6 * clock.cpu_seconds[name] / n_steps:.2f}" if name in STEPS else "",
        ]
        for name in (IMPORTED, *PARTS)
    ]
    rows.append(
        [
            "all",
            f"{whole:.2f}",
            f"{cpu_whole:.2f}",
            "100.0",
            "",
            f"{1e6 * cpu_whole / n_steps:.2f}",
        ]
    )
    title = (
        f"a sweep of {work.n_runs} runs on digits, {work.n_epochs} epochs each: "
        f"{' '.join(['python -m ffnn_lab.run -m ...', *asked.overrides])}"
    )
    columns = ("part", "s on the wall", "s of CPU", "% of it", "calls", "us a step of a run")
    print_table(title, columns, rows)
    print_machine()


if __name__ == "__main__":
    main()
