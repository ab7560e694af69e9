"""A process that has imported the lab, and forks for each command line that it is asked to run.

It computes nothing itself: threads of torch, once started, would not survive a fork.
"""

import io
import json
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

IMPORTED = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "fontTools.subset",
    "optuna",
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.datasets",
    "sqlalchemy",
    "torch",
    "ffnn_lab.api.recorded",
    "ffnn_lab.api.single",
    "ffnn_lab.report.claims.declaration",
    "ffnn_lab.report.reports.report",
    "ffnn_lab.run",
    "ffnn_lab.sweeper.command",
    "ffnn_lab.sweeper.opening",
    "ffnn_lab.sweeper.process",
    "ffnn_lab.sweeper.supervisor",
)
"""What takes long, and what a sweep or a run needs anyway."""


DRAWS_NOTHING = "FFNN_LAB_TEST_DRAWS_NOTHING"
"""Environment variable of a command line whose figures are empty files."""


def _save_nothing(_figure: object, place: object, **_: object) -> None:
    """Stand for ``Figure.savefig``: the file is there, and nothing is drawn."""
    if not isinstance(place, io.IOBase):
        Path(str(place)).touch()


def work(
    *,
    folder: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: str,
    error: str,
    most_seconds: int,
    as_main: bool,
) -> NoReturn:
    """Be the process of one command line, to its end; ``as_main`` is as ``python -m`` does."""
    status = 70  # of the fork itself going wrong
    try:
        signal.alarm(most_seconds)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        if os.environ.pop(DRAWS_NOTHING, None):
            sys.modules["matplotlib.figure"].Figure.savefig = _save_nothing
        flags = os.O_WRONLY | os.O_APPEND
        for stream, path in enumerate((os.devnull, out, error)):
            opened = os.open(path, flags if stream else os.O_RDONLY)
            os.dup2(opened, stream)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["ffnn_lab.run", *arguments]
        if as_main:
            sys.path.insert(0, folder)
            del sys.modules["ffnn_lab.run"]  # which Python would warn of
            runpy.run_module("ffnn_lab.run", run_name="__main__", alter_sys=True)
        else:
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


def watch(ended: str, request: Mapping[str, object]) -> NoReturn:
    """Start a command line in a session of its own, tell its number, and write how it ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        # As a shell starts it, whatever the tests themselves run under.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        work(**request, as_main=True)  # type: ignore[arg-type]
    os.write(1, f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Path(f"{ended}.new").write_text(str(code))
    Path(f"{ended}.new").replace(ended)
    os._exit(0)


def main() -> None:
    """Answer each line, arguments as JSON: of ``work`` with an exit code, of ``watch`` at once."""
    for name in IMPORTED:
        __import__(name)
    sys.modules["ffnn_lab.report.claims.declaration"].claim_hashes()  # which are kept
    # A command line looks for options where it stands, which is not here.
    sys.modules["ffnn_lab.outside"]._state["is_done"] = False
    for line in sys.stdin:
        request = json.loads(line)
        ended = request.pop("ended", None)
        child = os.fork()
        if child == 0 and ended is not None:
            watch(ended, request)
        if child == 0:
            work(**request, as_main=False)
        if ended is None:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
