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
"""Modules that take long to import and that every sweep or run needs."""


DRAWS_NOTHING = "FFNN_LAB_TEST_DRAWS_NOTHING"
"""Environment variable that makes a command line write empty files in place of figures."""


def _save_nothing(_figure: object, place: object, **_: object) -> None:
    """Replace ``Figure.savefig``: make the file, but draw nothing."""
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
    """Run one command line in this process, and end the process with its exit code.

    With ``as_main``, the lab's module runs as under ``python -m``; else its ``main`` is called.
    """
    status = 70  # if the fork itself goes wrong
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
            del sys.modules["ffnn_lab.run"]  # else runpy warns that it is imported already
            runpy.run_module("ffnn_lab.run", run_name="__main__", alter_sys=True)
        else:
            sys.modules["ffnn_lab.run"].main()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - as Python itself ends on any error
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def watch(ended: str, request: Mapping[str, object]) -> NoReturn:
    """Start a command line in a session of its own, and wait for its end.

    Its process id is printed at once; its exit code is written to the file ``ended``.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        # Signals are handled as in a command that a shell starts, whatever started the tests.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        work(**request, as_main=True)  # type: ignore[arg-type]
    os.write(1, f"{child}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    Path(f"{ended}.new").write_text(str(code))
    Path(f"{ended}.new").replace(ended)
    os._exit(0)


def main() -> None:
    """Answer each line of standard input, which is a request in JSON.

    A request with ``ended`` starts a command line and is answered at once, with its process id.
    Any other request runs a command line to its end and is answered with its exit code.
    """
    for name in IMPORTED:
        __import__(name)
    sys.modules["ffnn_lab.report.claims.declaration"].claim_hashes()  # whose results are cached
    # A command line has to look for options in its own working directory, which is not this one.
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
