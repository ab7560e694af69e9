"""The entry: ``python -m ffnn_lab.run`` for one run, with ``-m`` for a sweep.

Only what ``--help`` needs is imported here; torch, optuna and the rest come with the work.
"""

import sys

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import os
import signal

EXIT_SLIP = 2
EXIT_INTERRUPTED = 130
INTERRUPTED = "interrupted; the same command goes on from its records and its last checkpoint\n"


def leave_at_once(_number: int, _frame: object) -> None:
    """End on Ctrl-C where nothing is begun that would have to be put in order.

    Amid the imports of a compiled library a KeyboardInterrupt comes out as any error, or as none.
    """
    if __name__ == "__main__":  # not in a process that a launcher started
        os.write(2, INTERRUPTED.encode())
    os._exit(EXIT_INTERRUPTED)


if __name__ in ("__main__", "__mp_main__"):
    signal.signal(signal.SIGINT, leave_at_once)

import functools
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from ffnn_lab.api.composing import as_run, prepare_process
from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError, UserError
from ffnn_lab.messages import explain
from ffnn_lab.terminal import accept_any_text

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from rich.console import Console

    from ffnn_lab.sweeper.definition import Definition
    from ffnn_lab.sweeper.pool import Job, Launcher

TRACEBACK = "FFNN_LAB_TRACEBACK"
"""Environment variable that remembers what the user's HYDRA_FULL_ERROR was."""


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def app(composed: DictConfig) -> None:
    """Take one composed run; Hydra hands sweeps to the sweeper instead."""
    # Hydra would add a line of its own to an error that leaves its job.
    with slips_said():
        config = as_run(composed, HydraConfig.get().overrides.task)
        from rich.console import Console  # noqa: PLC0415 - see the module's docstring

        from ffnn_lab.api.single import record_run  # noqa: PLC0415
        from ffnn_lab.sweeper.signals import answer  # noqa: PLC0415

        answer(signal.default_int_handler)  # from here on, folders are tidied up
        record_run(config, Console())


class SweepStoppedError(KeyboardInterrupt):
    """The user stopped a sweep; the message says what is kept, and how it goes on."""


@contextmanager
def slips_said() -> Iterator[None]:
    """End the process with one message and exit code 2 when the user slipped.

    ``HYDRA_FULL_ERROR=1`` shows the traceback of any message.
    """
    try:
        yield
    except (UserError, HydraException, OmegaConfBaseException, OSError) as error:
        if os.environ.get(TRACEBACK) == "1":
            raise
        sys.stderr.write(f"error: {explain(error)}\n")
        sys.exit(EXIT_SLIP)
    except KeyboardInterrupt as interrupt:
        from ffnn_lab.sweeper.signals import end_interrupted  # noqa: PLC0415 - see the top

        end_interrupted(f"{interrupt}\n" if str(interrupt) else INTERRUPTED, EXIT_INTERRUPTED)


def run_sweep(
    loader: "ConfigLoader",
    master: DictConfig,
    arguments: Sequence[str],
    make_launcher: "Callable[[Job, Path, int], Launcher]",
    console: "Console | None" = None,
) -> Path:
    """Plan a sweep, work through it, and end with its table and figures.

    Args:
        loader: Hydra's.
        master: The config that Hydra composed for the command.
        arguments: The command's overrides, Hydra's own left out.
        make_launcher: Makes the Hydra launcher of a job, for a folder and a number of workers.
        console: Where to print; standard output if None, and then the report is made as well.

    Returns:
        The sweep's folder.

    Raises:
        SweepStoppedError: If the user stopped it.
        UserError: For a slip, or if the sweep cannot go on.
    """
    is_reported = console is None
    with no_collection():
        from rich.console import Console  # noqa: PLC0415 - see the module's docstring

        from ffnn_lab.display import SweepDisplay  # noqa: PLC0415
        from ffnn_lab.records import read_definition, read_runs  # noqa: PLC0415
        from ffnn_lab.report.claims import declaration  # noqa: PLC0415
        from ffnn_lab.sweeper.compose import define  # noqa: PLC0415
        from ffnn_lab.sweeper.pool import (  # noqa: PLC0415
            Post,
            lead,
            open_sweep,
            work_alone,
        )
        from ffnn_lab.sweeper.resume import is_other, settle_folder  # noqa: PLC0415
        from ffnn_lab.sweeper.settle import settle_sweep  # noqa: PLC0415
        from ffnn_lab.sweeper.signals import answer  # noqa: PLC0415
        from ffnn_lab.sweeper.worker import StoppedError  # noqa: PLC0415
        from ffnn_lab.trainer import settle_device  # noqa: PLC0415

    definition, options = define(loader, master, arguments, settle_device)
    outputs = Path(definition.arms[0].config.paths.outputs)
    console = console or Console()
    is_kept = options.if_changed != "discard"
    settle = functools.partial(
        settle_sweep,
        definition,
        population_size=options.population_size,
        notice=lambda text: console.print(text, soft_wrap=True, highlight=False, markup=False),
    )
    stored = read_definition(outputs / definition.name, is_whole=True)
    definition = settle(stored=stored)
    stays = is_kept or stored is None or not is_other(stored, definition)
    if not stays:
        definition = settle(stored=None)
    definition = settle_folder(definition, outputs, if_changed=options.if_changed)
    folder = outputs / definition.name
    launcher, n_workers = settle_launcher(master, options.n_workers)
    if not announce(
        definition,
        folder,
        console,
        stays=stays,
        launcher=launcher,
        n_workers=n_workers,
        n_threads=options.n_threads,
        is_dry=options.dry_run,
    ):
        return folder
    post = Post(
        str(folder.resolve()),
        options.storage,
        n_workers,
        options.max_failures,
        n_threads=options.n_threads,
        patience_seconds=options.storage_patience_seconds,
    )
    before = answer(signal.default_int_handler)  # the display tidies up
    try:
        with SweepDisplay(definition, console) as display:
            open_sweep(
                definition,
                outputs,
                storage_url=options.storage,
                patience_seconds=options.storage_patience_seconds,
                retry_failed=options.retry_failed,
                watcher=display,
            )
            # Before the first run: a claim that is reworded after it is found out.
            declaration.declare(folder, n_runs=count_recorded(folder))
            work = work_alone if launcher == "basic" else lead
            work(post, lambda job: make_launcher(job, folder, n_workers), display)
    except StoppedError:
        n_recorded = len(read_runs(folder))
        msg = (
            f"stopped: {n_recorded} runs are recorded, and what was in training is kept as far as "
            f"trainer.checkpoint_seconds allows. Go on with\n  {definition.command}"
        )
        raise SweepStoppedError(msg) from None
    for number, handler in before.items():
        signal.signal(number, handler)
    if is_reported:
        end_with_report(folder)
    return folder


def end_with_report(folder: Path) -> None:
    """Print the tables of a sweep, and write its tables and figures."""
    with no_collection():
        from ffnn_lab.report.reports.report import report  # noqa: PLC0415 - see the module's docstring

        report(folder)


def announce(
    definition: "Definition",
    folder: Path,
    console: "Console",
    *,
    stays: bool,
    launcher: str,
    n_workers: int,
    n_threads: int | None,
    is_dry: bool,
) -> bool:
    """Print a sweep's plan; then try what its report needs, and compile what is missing.

    Args:
        definition: The sweep.
        folder: Its folder.
        console: Where to print.
        stays: Whether what the folder holds is gone on with.
        launcher: Who starts the workers.
        n_workers: How many share the sweep.
        n_threads: Of each, as the user set it, or None.
        is_dry: Whether the plan is all that is wanted.

    Returns:
        True if the sweep is to go on.
    """
    from ffnn_lab.display import duration, print_plan  # noqa: PLC0415
    from ffnn_lab.report.reports.preflight import prepare_report  # noqa: PLC0415 - see the top
    from ffnn_lab.sweeper.estimate import estimate  # noqa: PLC0415
    from ffnn_lab.sweeper.pool import n_cores, share_of_cores  # noqa: PLC0415
    from ffnn_lab.sweeper.weights import runs_without_weights  # noqa: PLC0415
    from ffnn_lab.tasks import check_task  # noqa: PLC0415

    n_recorded = count_recorded(folder) if stays else 0
    n_again = len(runs_without_weights(definition, folder)) if stays else 0
    timed = functools.partial(
        estimate,
        definition,
        n_recorded=n_recorded,
        n_again=n_again,
        n_workers=n_workers,
        n_threads=n_threads or share_of_cores(n_workers),
    )
    plan = timed(may_compile=False)
    runs = [arm.config for arm in definition.arms]
    # Other workers would share a device with this one.
    is_alone = launcher == "basic" and all(run.device == "cpu" for run in runs)
    n_left = definition.n_runs - n_recorded + n_again
    print_plan(
        definition,
        str(folder),
        plan,
        console,
        n_workers=n_workers,
        n_idle=idle_cores(n_cores(), plan.n_threads, n_left) if is_alone else 0,
        tasks=list(dict.fromkeys(check_task(run.task, Path(run.paths.data)) for run in runs)),
    )
    prepare_report(
        folder,
        [arm.name for arm in definition.arms],
        n_fresh=len(definition.confirm_seeds),
        is_tried=not is_dry,
        notice=functools.partial(console.print, soft_wrap=True, highlight=False, markup=False),
    )
    if is_dry:
        return False
    if plan.is_upper:
        console.print("compiling the training steps before the first run; this machine keeps them")
        after = duration(timed(may_compile=True).seconds)
        console.print(f"compiled; about {after} here", highlight=False)
    return True


@contextmanager
def no_collection() -> Iterator[None]:
    """Do what makes much and lets go of little without a look for garbage every few moments.

    An import makes a hundred thousand objects that stay, and a look walks them all.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def idle_cores(n_cores: int, n_threads: int, n_left: int) -> int:
    """Count the cores that other workers could use; the first leaves each of them a run."""
    return max(0, min(n_cores - n_threads, n_left - 1))


def count_recorded(folder: Path) -> int:
    """Count the rows of ``trials`` whose runs are recorded."""
    from ffnn_lab.records import TableReader  # noqa: PLC0415 - see the module's docstring

    runs = TableReader(folder, "runs", ["run_id"]).refresh()
    return int(TableReader(folder, "trials").refresh()["run_id"].isin(runs["run_id"]).sum())


def settle_launcher(master: DictConfig, n_workers: int | None) -> tuple[str, int]:
    """Say which launcher starts the workers, and how many it is to start.

    Raises:
        ConfigError: If the launcher cannot start that many.
    """
    launcher = str(master.hydra.runtime.choices["hydra/launcher"])
    if launcher == "basic":
        if n_workers not in (None, 1):
            msg = (
                f"hydra.sweeper.n_workers={n_workers} needs a launcher that starts processes, "
                "such as hydra/launcher=joblib; basic works in this one"
            )
            raise ConfigError(msg)
        return launcher, 1
    if n_workers is None and launcher == "joblib":
        from ffnn_lab.sweeper.pool import n_cores  # noqa: PLC0415 - see the module's docstring

        n_jobs = int(master.hydra.launcher.n_jobs)
        return launcher, n_jobs if n_jobs > 0 else max(1, n_cores() + 1 + n_jobs)
    return launcher, n_workers or 1


def main() -> None:
    """Run the command line."""
    accept_any_text()
    # Hydra prints errors its own way and exits, unless it is told to let them through.
    os.environ.setdefault(TRACEBACK, os.environ.get("HYDRA_FULL_ERROR", "0"))
    os.environ["HYDRA_FULL_ERROR"] = "1"
    prepare_process()
    with slips_said():
        sys.argv[1:] = read_arguments(sys.argv[1:])
        app()


if __name__ == "__main__":
    main()
