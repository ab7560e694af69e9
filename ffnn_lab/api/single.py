"""Train a single run, and write its records."""

import os
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console

from ffnn_lab.config import RunConfig, run_id, settle_sources
from ffnn_lab.models import network_of, settle_model
from ffnn_lab.option_checks import check_options
from ffnn_lab.population import Member
from ffnn_lab.records import RecordWriter
from ffnn_lab.sweeper.display import RunDisplay, print_result
from ffnn_lab.sweeper.settle import settle_compile
from ffnn_lab.sweeper.signals import stopped_by_signals
from ffnn_lab.sweeper.single import train_single, whole_or_not
from ffnn_lab.tasks import load_task, settle_task
from ffnn_lab.tracking import make_tracker
from ffnn_lab.trainer import settle_device
from ffnn_lab.wandb_runs import check_tracking, unheeded


def record_run(config: RunConfig, console: Console) -> Path:
    """Train one run, record it under ``paths.outputs``, and print a small table of its result.

    A run that was recorded before is trained again and replaces its folder. A run that was
    interrupted goes on from its last checkpoint.

    Args:
        config: The run.
        console: The console to print on.

    Returns:
        The run's folder.

    Raises:
        RunStoppedError: If the user stopped the run. It is a ``KeyboardInterrupt``, whose message
            says what is kept.
        UserError: If the run cannot be trained here.
    """

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    check_tracking(config.tracking)
    for line in unheeded(config.tracking, os.environ):
        say(line)
    # One run takes less time than compiling its steps.
    config = settle_sources(settle_model(settle_task(settle_device(config))))
    check_options(config)
    config = settle_compile(config, is_wanted=False, notice=say)
    task = load_task(config.task, Path(config.paths.data))
    network_of(config, task)  # refuses a model that does not fit before anything is written
    name = f"run-{run_id(config)}"
    folder = Path(config.paths.outputs) / name
    stop = threading.Event()
    say(task.summary)
    with (
        whole_or_not(folder, say) as begun,
        stopped_by_signals(stop, say),
        closing(make_tracker(config, begun, group=name, labels={})) as tracker,
    ):

        def on_epoch(members: Sequence[Member]) -> None:
            display.on_epoch(members)
            tracker.on_epoch(members)

        with RunDisplay(config, console) as display:
            result = train_single(config, task, begun, on_epoch=on_epoch, notice=say, stop=stop)
        RecordWriter(begun).write([result])
        tracker.finish([result])
    print_result(result, str(folder), console, error=task.error, rmse_unit=task.rmse_unit)
    return folder
