"""Run the sweep that a command line asks for, from its definition to its report.

Importing this module imports torch, optuna and pandas, which takes a while.
"""

import functools
import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig
from rich.console import Console

from ffnn_lab import outside
from ffnn_lab.config import ConfigError, SweeperConfig
from ffnn_lab.definition import Definition, read_definition
from ffnn_lab.progress import Progress, recorded_progress
from ffnn_lab.records import TableReader, read_curves, read_runs
from ffnn_lab.report.claims import declaration
from ffnn_lab.report.data.arms import contrasts
from ffnn_lab.report.reports.preflight import prepare_report
from ffnn_lab.scores import score_columns
from ffnn_lab.sweeper.collection import no_collection
from ffnn_lab.sweeper.compose import define
from ffnn_lab.sweeper.cores import (
    free_bytes,
    n_cores,
    share_of_cores,
    task_bytes,
    workers_that_pay,
)
from ffnn_lab.sweeper.display import SweepDisplay
from ffnn_lab.sweeper.estimate import Estimate, estimate
from ffnn_lab.sweeper.opening import open_sweep
from ffnn_lab.sweeper.plan import duration, make_plan, plan_lines
from ffnn_lab.sweeper.presence import look
from ffnn_lab.sweeper.process import Post
from ffnn_lab.sweeper.processes import CAN_FORK, Processes
from ffnn_lab.sweeper.resume import is_other, settle_folder
from ffnn_lab.sweeper.settle import settle_sweep
from ffnn_lab.sweeper.signals import answer
from ffnn_lab.sweeper.supervisor import Job, Launcher, lead, work_alone
from ffnn_lab.sweeper.weights import runs_without_weights
from ffnn_lab.sweeper.worker import StoppedError
from ffnn_lab.tasks import check_task, load_task
from ffnn_lab.trainer import settle_device

MakeLauncher = Callable[[Job, Path, int], Launcher]
"""Type of a function that makes the Hydra launcher of a job, given the sweep's folder and the
number of workers."""


class SweepStoppedError(KeyboardInterrupt):
    """Raised if the user stopped a sweep; the message says what is kept, and how to go on."""


def run_sweep(
    loader: ConfigLoader,
    master: DictConfig,
    arguments: Sequence[str],
    make_launcher: MakeLauncher,
    *,
    console: Console | None = None,
) -> Path:
    """Run a sweep: print its plan, train what is not recorded, and end with its report.

    Args:
        loader: Hydra's config loader.
        master: The config that Hydra composed for the command.
        arguments: The command's overrides, without those of Hydra's own settings.
        make_launcher: Makes the launcher that the command asks for.
        console: Where to print; None for the command line, which ends with the report.

    Returns:
        The sweep's folder.

    Raises:
        SweepStoppedError: If the user stopped the sweep.
        UserError: If the command has a mistake, or the sweep cannot go on.
    """
    is_reported = console is None
    console = console or Console()
    definition, options = define(loader, master, arguments, settle_device)
    if definition.until == "settled" and not contrasts(definition):
        msg = (
            "hydra.sweeper.until=settled: this sweep declares no contrast that could be settled; "
            "name pairs of arms in hydra.sweeper.contrasts"
        )
        raise ConfigError(msg)
    outputs = Path(definition.arms[0].config.paths.outputs)
    launcher, n_wanted = settle_launcher(master, options.n_workers)
    definition, is_continued = settle(definition, options, outputs, console)
    folder = outputs / definition.name
    before: dict[signal.Signals, Any] = {}
    try:
        with Processes() as processes:
            n_workers = announce(
                definition,
                folder,
                console,
                is_continued=is_continued,
                n_workers=n_wanted,
                n_threads=options.n_threads,
                is_dry=options.dry_run,
                prepare=processes.prepare if launcher == "basic" else lambda: None,
            )
            if options.dry_run:
                return folder
            before = answer(signal.default_int_handler)  # the display tidies up
            with SweepDisplay(definition, console) as display:
                open_sweep(
                    definition,
                    outputs,
                    storage_url=options.storage,
                    patience_seconds=options.storage_patience_seconds,
                    retry_failed=options.retry_failed,
                    watcher=display,
                )
                # Before the first run, so that a claim that is reworded later is found out.
                declaration.declare(
                    folder,
                    n_runs=count_recorded(definition, folder),
                    hashes=declaration.claim_hashes() | declaration.contrasts_hash(definition),
                )
                post = post_of(folder, options, n_workers)
                if launcher != "basic":
                    lead(post, lambda job: make_launcher(job, folder, n_workers), display)
                elif n_workers > 1:
                    lead(post, processes.make, display)
                else:
                    work_alone(post, lambda job: make_launcher(job, folder, 1), display)
    except StoppedError:
        msg = (
            f"stopped: {len(read_runs(folder))} runs are recorded, and runs in training are kept "
            "in a checkpoint, unless trainer.checkpoint_seconds=null. Continue with\n"
            f"  {definition.command}"
        )
        raise SweepStoppedError(msg) from None
    for number, handler in before.items():
        signal.signal(number, handler)
    if is_reported:
        end_with_report(folder)
    return folder


def settle(
    definition: Definition, options: SweeperConfig, outputs: Path, console: Console
) -> tuple[Definition, bool]:
    """Fill in what a definition leaves open, such as the population size, and choose the folder.

    Args:
        definition: The sweep that the user asked for.
        options: The sweep's options.
        outputs: The folder of all sweeps.
        console: Where to print.

    Returns:
        The completed definition, whose name is that of the folder, and True if the records in the
        folder are kept.

    Raises:
        UserError: If the folder has another definition, and ``if_changed`` is ``refuse``.
    """
    settled = functools.partial(
        settle_sweep,
        definition,
        population_size=options.population_size,
        notice=functools.partial(say, console),
    )
    stored = read_definition(outputs / definition.name, is_whole=True)
    definition = settled(stored=stored)
    is_continued = (
        options.if_changed != "discard" or stored is None or not is_other(stored, definition)
    )
    if not is_continued:
        definition = settled(stored=None)
    return settle_folder(definition, outputs, if_changed=options.if_changed), is_continued


def settle_launcher(master: DictConfig, n_workers: int | None) -> tuple[str, int | None]:
    """Return the name of the Hydra launcher that starts the workers, and the number of workers.

    The number is None if it is to be chosen once the work is estimated.

    Args:
        master: The config that Hydra composed for the command.
        n_workers: The value of ``hydra.sweeper.n_workers``.

    Raises:
        ConfigError: If the launcher cannot start so many workers, or its workers could not import
            the user's own options.
    """
    launcher = str(master.hydra.runtime.choices["hydra/launcher"])
    files = os.environ.get(outside.VARIABLE)
    if launcher.startswith("submitit") and files:
        msg = (
            f"hydra/launcher={launcher} starts workers that cannot import {files}; install your "
            "options as a package with an entry point ffnn_lab.options (docs/extending.md), or "
            "leave the launcher out"
        )
        raise ConfigError(msg)
    if launcher == "basic":
        if n_workers not in (None, 1) and not CAN_FORK:
            msg = (
                f"hydra.sweeper.n_workers={n_workers} needs a launcher that starts processes, "
                "such as hydra/launcher=joblib; on this system, the launcher basic starts none"
            )
            raise ConfigError(msg)
        return launcher, n_workers if CAN_FORK else 1
    if n_workers is None and launcher == "joblib":
        n_jobs = int(master.hydra.launcher.n_jobs)
        return launcher, n_jobs if n_jobs > 0 else max(1, n_cores() + 1 + n_jobs)
    return launcher, n_workers or 1


def post_of(folder: Path, options: SweeperConfig, n_workers: int) -> Post:
    """Return the `Post` that every worker gets: the sweep's folder, storage, limits and threads.

    Args:
        folder: The sweep's folder.
        options: The fields of ``hydra.sweeper``: storage, limits and threads.
        n_workers: Number of workers that share the sweep.
    """
    return Post(
        str(folder.resolve()),
        options.storage,
        n_workers,
        options.max_failures,
        n_threads=options.n_threads,
        patience_seconds=options.storage_patience_seconds,
    )


def announce(
    definition: Definition,
    folder: Path,
    console: Console,
    *,
    is_continued: bool,
    n_workers: int | None,
    n_threads: int | None,
    is_dry: bool,
    prepare: Callable[[], None] = lambda: None,
) -> int:
    """Print a sweep's plan, check that its report can be made, and compile missing training steps.

    Args:
        definition: The sweep.
        folder: The sweep's folder.
        console: Where to print.
        is_continued: True if the records in the folder are kept.
        n_workers: Workers that share the sweep; None for the number that finishes soonest.
        n_threads: Threads of each worker, as the user set it; None for an equal share of the
            cores.
        is_dry: True if only the plan is to be printed.
        prepare: Called as soon as it is known that several workers are to be started.

    Returns:
        The number of workers.
    """
    n_recorded = count_recorded(definition, folder) if is_continued else 0
    n_again = len(runs_without_weights(definition, folder)) if is_continued else 0

    def timed(n_workers: int, *, may_compile: bool) -> Estimate:
        return estimate(
            definition,
            n_recorded=n_recorded,
            n_again=n_again,
            n_workers=n_workers,
            n_threads=n_threads or share_of_cores(n_workers),
            may_compile=may_compile,
        )

    left = timed(n_workers or 1, may_compile=False)
    n_left = definition.n_runs - n_recorded + n_again
    n_workers = n_workers or n_that_pay(definition, folder, left.seconds, n_left=n_left)
    if n_workers > 1:
        if not is_dry:
            prepare()
        left = timed(n_workers, may_compile=False)
    runs = [arm.config for arm in definition.arms]
    plan = make_plan(
        definition,
        str(folder),
        left,
        n_workers=n_workers,
        tasks=list(dict.fromkeys(check_task(run.task, Path(run.paths.data)) for run in runs)),
    )
    for line in plan_lines(plan):
        say(console, line)
    prepare_report(
        folder,
        definition,
        is_tried=not is_dry,
        notice=functools.partial(say, console),
    )
    if left.is_upper and not is_dry:
        say(console, "compiling the training steps before the first run; they are kept for later")
        again = timed(n_workers, may_compile=True)
        say(console, f"compiled; the sweep takes about {duration(again.seconds)} here")
    return n_workers


def n_that_pay(definition: Definition, folder: Path, seconds: float, *, n_left: int) -> int:
    """Return the number of workers on this machine that finish the rest of a sweep soonest.

    The number is 1 on an accelerator, which workers do not share. It is also 1 if other workers of
    the sweep are at work, which are assumed to use this machine already.

    Args:
        definition: The sweep.
        folder: The sweep's folder.
        seconds: Estimated training time of a single worker, in seconds.
        n_left: Number of runs that are left.
    """
    runs = [arm.config for arm in definition.arms]
    others = look(folder, definition.name, now=time.time())
    if any(run.device != "cpu" for run in runs) or (others is not None and others.n_workers):
        return 1
    n_units = math.ceil(n_left / len(definition.tune_seeds))
    if definition.is_batched:
        n_at_once = definition.n_wanted * len(definition.arms) * definition.protocol.n_parallel
        n_units = min(n_units, n_at_once)
    tasks = {run.task.name: load_task(run.task, Path(run.paths.data)) for run in runs}
    return workers_that_pay(
        seconds,
        n_cores=n_cores(),
        n_units=n_units,
        n_task_bytes=task_bytes(tasks.values()),
        n_free_bytes=free_bytes(),
    )


def count_recorded(definition: Definition, folder: Path) -> int:
    """Count the recorded runs of a sweep; a run that serves two arms counts twice."""
    runs = TableReader(folder, "runs", score_columns(definition.objective)).refresh()
    trials = TableReader(folder, "trials").refresh()
    uses_curves = definition.objective.moment == "mean_last"
    curves = read_curves(folder) if uses_curves else None
    return Progress.of(recorded_progress(definition, runs, trials, curves)).n_runs


def end_with_report(folder: Path) -> None:
    """Print the tables of a sweep, and write tables and figures into its folder."""
    with no_collection():
        # Imported late: statistics and figures would make every sweep start later.
        from ffnn_lab.report.reports.report import report  # noqa: PLC0415

        report(folder)


def say(console: Console, text: str) -> None:
    """Print a line on the console without wrapping it or interpreting markup."""
    console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)
