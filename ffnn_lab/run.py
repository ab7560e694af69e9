"""The entry: ``python -m ffnn_lab.run`` for one run, with ``-m`` for a sweep.

Only what ``--help`` needs is imported here; torch, optuna and the rest come with the work.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ffnn_lab import schemas
from ffnn_lab.config import ConfigError, RunConfig, run_id

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader

    from ffnn_lab.tracking import Tracker

EXIT_SLIP = 2
EXIT_INTERRUPTED = 130


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def app(composed: DictConfig) -> None:
    """Take one composed run; Hydra hands sweeps to the sweeper instead."""
    config = OmegaConf.to_object(composed)
    assert isinstance(config, RunConfig)  # noqa: S101 - run_schema says so
    run_single(config)


def run_single(config: RunConfig) -> None:
    """Train one run, record it under ``paths.outputs``, and print its small table.

    A single run repeats: it replaces its own folder.
    """
    from rich.console import Console  # noqa: PLC0415 - see the module's docstring

    from ffnn_lab.display import RunDisplay, print_result  # noqa: PLC0415
    from ffnn_lab.population import Member  # noqa: PLC0415
    from ffnn_lab.records import RecordWriter  # noqa: PLC0415
    from ffnn_lab.tasks import load_task  # noqa: PLC0415
    from ffnn_lab.tracking import make_tracker  # noqa: PLC0415
    from ffnn_lab.trainer import settle_device, train  # noqa: PLC0415

    config = settle_device(config)
    task = load_task(config.task)
    name = f"run-{run_id(config)}"
    folder = Path(config.paths.outputs) / name
    if folder.exists():
        shutil.rmtree(folder)
    tracker = make_tracker(config, folder, group=name, job_type="single", arms={})
    console = Console()
    with RunDisplay(config, console) as display:

        def on_epoch(members: Sequence[Member]) -> None:
            display.on_epoch(members)
            tracker.on_epoch(members)

        results = train([config], task, on_epoch=on_epoch, weights_folder=folder / "weights")
    RecordWriter(folder).write(results)
    tracker.finish(results)
    print_result(results[0], str(folder), console)


def run_sweep(loader: "ConfigLoader", master: DictConfig, arguments: Sequence[str]) -> None:
    """Plan a sweep, work through it, and end with its table and figures."""
    from rich.console import Console  # noqa: PLC0415 - see the module's docstring

    from ffnn_lab.display import SweepDisplay, print_plan  # noqa: PLC0415
    from ffnn_lab.sweeper.compose import define  # noqa: PLC0415
    from ffnn_lab.sweeper.resume import prepare  # noqa: PLC0415
    from ffnn_lab.sweeper.worker import Worker  # noqa: PLC0415
    from ffnn_lab.tracking import make_tracker  # noqa: PLC0415
    from ffnn_lab.trainer import settle_device  # noqa: PLC0415

    definition, is_dry = define(loader, master, arguments, settle_device)
    folder = Path(definition.arms[0].config.paths.outputs) / definition.name
    console = Console()
    print_plan(definition, str(folder), console)
    if is_dry:
        return
    prepare(folder, definition)

    def tracker_for(stage: str, arms: Mapping[str, str]) -> "Tracker":
        config = definition.arms[0].config
        return make_tracker(config, folder, group=definition.name, job_type=stage, arms=arms)

    with SweepDisplay(definition.arms, console) as display:
        Worker(definition, folder, watcher=display, make_tracker=tracker_for).work()

    from analysis.report import report  # noqa: PLC0415 - a second of import, after the work

    report(folder)


def main() -> None:
    """Run the command line; a user's slip ends in one message and exit code 2.

    ``HYDRA_FULL_ERROR=1`` shows the traceback of any message.
    """
    from ffnn_lab.messages import explain  # noqa: PLC0415 - only to keep names near their use

    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    # Hydra prints errors its own way and exits, unless it is told to let them through.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    schemas.register()
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on with a sweep\n")
        sys.exit(EXIT_INTERRUPTED)
    except (ConfigError, HydraException, OmegaConfBaseException, OSError) as error:
        if wants_traceback:
            raise
        sys.stderr.write(f"error: {explain(error)}\n")
        sys.exit(EXIT_SLIP)


if __name__ == "__main__":
    main()
