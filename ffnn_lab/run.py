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

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ffnn_lab import schemas
from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError, RunConfig, UserError, check_paths, run_id
from ffnn_lab.messages import explain
from ffnn_lab.terminal import accept_any_text

TRACEBACK = "FFNN_LAB_TRACEBACK"
"""Environment variable that remembers what the user's HYDRA_FULL_ERROR was."""


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def app(composed: DictConfig) -> None:
    """Take one composed run; Hydra hands sweeps to the sweeper instead."""
    # Hydra would add a line of its own to an error that leaves its job.
    with slips_said():
        for text in HydraConfig.get().overrides.task:
            if text.startswith(("+", "~")):
                msg = f"{text}: a run has all its fields; change one with name=value, no {text[0]}"
                raise ConfigError(msg)
        config = OmegaConf.to_object(composed)
        assert isinstance(config, RunConfig)  # noqa: S101 - run_schema says so
        check_paths(config)
        run_single(config)


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
    except KeyboardInterrupt:
        from ffnn_lab.sweeper.signals import end_interrupted  # noqa: PLC0415 - see the top

        end_interrupted(INTERRUPTED)


def run_single(config: RunConfig) -> None:
    """Train one run, record it under ``paths.outputs``, and print its small table.

    A single run repeats: it replaces its own folder. One that was interrupted goes on from its
    last checkpoint.
    """
    from rich.console import Console  # noqa: PLC0415 - see the module's docstring

    from ffnn_lab.population import Member  # noqa: PLC0415
    from ffnn_lab.records import RecordWriter  # noqa: PLC0415
    from ffnn_lab.sweeper.display import RunDisplay, print_result  # noqa: PLC0415
    from ffnn_lab.sweeper.settle import settle_compile  # noqa: PLC0415
    from ffnn_lab.sweeper.signals import (  # noqa: PLC0415
        answer,
        end_interrupted,
        stopped_by_signals,
    )
    from ffnn_lab.sweeper.single import (  # noqa: PLC0415
        RunStoppedError,
        train_single,
        whole_or_not,
    )
    from ffnn_lab.tasks import load_task, settle_task  # noqa: PLC0415
    from ffnn_lab.tracking import make_tracker  # noqa: PLC0415
    from ffnn_lab.trainer import settle_device  # noqa: PLC0415
    from ffnn_lab.wandb_runs import check_tracking, unheeded  # noqa: PLC0415

    answer(signal.default_int_handler)  # from here on, folders are tidied up
    console = Console()
    check_tracking(config.tracking)
    for line in unheeded(config.tracking, os.environ):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    # One run takes less time than compiling its steps.
    config = settle_compile(
        settle_task(settle_device(config)), is_wanted=False, notice=console.print
    )
    task = load_task(config.task, Path(config.paths.data))
    name = f"run-{run_id(config)}"
    folder = Path(config.paths.outputs) / name
    stop = threading.Event()

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, highlight=False, markup=False)

    say(task.summary)
    try:
        with (
            whole_or_not(folder, say) as begun,
            stopped_by_signals(stop, say),
            closing(make_tracker(config, begun, group=name, labels={})) as tracker,
        ):

            def on_epoch(members: Sequence[Member]) -> None:
                display.on_epoch(members)
                tracker.on_epoch(members)

            with RunDisplay(config, console) as display:
                result = train_single(
                    config, task, begun, on_epoch=on_epoch, notice=say, stop=stop
                )
            RecordWriter(begun).write([result])
            tracker.finish([result])
    except RunStoppedError as stopped:
        end_interrupted(f"{stopped}\n")
    print_result(result, str(folder), console, rmse_unit=task.rmse_unit)


def main() -> None:
    """Run the command line."""
    accept_any_text()
    # Hydra prints errors its own way and exits, unless it is told to let them through.
    os.environ.setdefault(TRACEBACK, os.environ.get("HYDRA_FULL_ERROR", "0"))
    os.environ["HYDRA_FULL_ERROR"] = "1"
    # Threads that spin while they wait slow two processes on the same cores tenfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    schemas.register()
    with slips_said():
        sys.argv[1:] = read_arguments(sys.argv[1:])
        app()


if __name__ == "__main__":
    main()
