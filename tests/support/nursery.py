"""A process that has imported the lab, and forks for each command line that it is asked to run.

It computes nothing itself: threads of torch, once started, would not survive a fork.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

IMPORTED = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "optuna",
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.datasets",
    "torch",
    "ffnn_lab.api.recorded",
    "ffnn_lab.api.single",
    "ffnn_lab.report.reports.report",
    "ffnn_lab.run",
    "ffnn_lab.sweeper.opening",
    "ffnn_lab.sweeper.process",
    "ffnn_lab.sweeper.supervisor",
)
"""What takes long, and what a sweep or a run needs anyway."""


def work(
    *,
    folder: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: str,
    error: str,
    most_seconds: int,
) -> NoReturn:
    """Be the process of one command line, to its end."""
    status = 70  # of the fork itself going wrong
    try:
        signal.alarm(most_seconds)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        for stream, path in enumerate((os.devnull, out, error)):
            opened = os.open(path, os.O_WRONLY if stream else os.O_RDONLY)
            os.dup2(opened, stream)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["ffnn_lab.run", *arguments]
        sys.modules["ffnn_lab.run"].main()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - what Python itself would do at the top
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Answer each line, the arguments of ``work`` as JSON, with an exit code."""
    for name in IMPORTED:
        __import__(name)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            work(**request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
