"""The entry point: ``python -m ffnn_lab.run`` for one run, with ``-m`` for a sweep.

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
INTERRUPTED = (
    "interrupted; repeat the same command to continue from its records and its last checkpoint\n"
)


def leave_at_once(_number: int, _frame: object) -> None:
    """End the process on Ctrl-C, as long as nothing has begun that needs to be cleaned up.

    During the import of a compiled library a KeyboardInterrupt may turn into any error, or vanish.
    """
    if __name__ == "__main__":  # not in a process that a launcher started
        os.write(2, INTERRUPTED.encode())
    os._exit(EXIT_INTERRUPTED)


if __name__ in ("__main__", "__mp_main__"):
    signal.signal(signal.SIGINT, leave_at_once)

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ffnn_lab.sweeper.collection import no_collection

with no_collection():
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf import DictConfig
    from omegaconf.errors import OmegaConfBaseException

    from ffnn_lab.api.composing import as_run, prepare_process
    from ffnn_lab.command_line import read_command
    from ffnn_lab.commands import print_json
    from ffnn_lab.config import UserError
    from ffnn_lab.messages import explain
    from ffnn_lab.run_help import is_help, print_help
    from ffnn_lab.terminal import accept_any_text

TRACEBACK = "FFNN_LAB_TRACEBACK"
"""Environment variable that keeps the value that the user gave to HYDRA_FULL_ERROR."""


PRINTS_JSON = ContextVar("PRINTS_JSON", default=False)
"""True if a run prints its result as JSON on standard output, and all else on standard error."""


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def app(composed: DictConfig) -> None:
    """Train the single run that Hydra has composed; Hydra runs sweeps by its sweeper instead."""
    # Errors are reported here: Hydra would add a line of its own to one that leaves this function.
    with slips_said():
        config = as_run(composed, HydraConfig.get().overrides.task)
        from rich.console import Console  # noqa: PLC0415 - see the module's docstring

        from ffnn_lab.api.recorded import read_run  # noqa: PLC0415
        from ffnn_lab.api.single import record_run  # noqa: PLC0415
        from ffnn_lab.sweeper.signals import answer  # noqa: PLC0415

        answer(signal.default_int_handler)  # from here on, Ctrl-C cleans up folders
        folder = record_run(config, Console(stderr=PRINTS_JSON.get()))
        if PRINTS_JSON.get():
            print_json(read_run(folder).as_values())


@contextmanager
def slips_said() -> Iterator[None]:
    """End the process with one message and exit code 2 after an error that the user can correct.

    ``HYDRA_FULL_ERROR=1`` shows the traceback of any message.
    """
    try:
        yield
    except (UserError, HydraException, OmegaConfBaseException, OSError) as error:
        if os.environ.get(TRACEBACK) == "1":
            raise
        sys.stderr.write(f"error: {explain(error)}\n")
        sys.exit(EXIT_SLIP)
    except Exception as error:
        from ffnn_lab.outside import slip_in  # noqa: PLC0415 - see the top

        slip = slip_in(error)
        if slip is None or os.environ.get(TRACEBACK) == "1":
            raise
        sys.stderr.write(f"error: {slip}\n")
        sys.exit(EXIT_SLIP)
    except KeyboardInterrupt as interrupt:
        from ffnn_lab.sweeper.signals import end_interrupted  # noqa: PLC0415 - see the top

        end_interrupted(f"{interrupt}\n" if str(interrupt) else INTERRUPTED)


def main() -> None:
    """Run the command that the arguments of this process ask for."""
    accept_any_text()
    # Hydra prints errors its own way and exits, unless it is told to let them through.
    os.environ.setdefault(TRACEBACK, os.environ.get("HYDRA_FULL_ERROR", "0"))
    os.environ["HYDRA_FULL_ERROR"] = "1"
    with slips_said():
        prepare_process()
        sys.argv[1:], prints_json = read_command(sys.argv[1:])
        PRINTS_JSON.set(prints_json)
        if is_help(sys.argv[1:]):
            with no_collection():
                print_help(sys.argv[1:])
        else:
            app()


if __name__ == "__main__":
    main()
