"""The program that workers of this machine are forked from.

The program imports what a worker needs and computes nothing, so it has no threads, with which
forking would be unsafe. The process that leads a sweep starts the program early, while the sweep's
plan is being made.
"""

import gc
import os
import pickle
import signal
import socket
import struct
from contextlib import suppress
from typing import Any, NoReturn

PID = struct.Struct("q")
"""Format of a worker's first message, its process number. The second and last message is the
pickled error with which the worker ended, or None."""


def main(descriptor: int) -> NoReturn:
    """Fork a worker for each connection that arrives, until the leading process ends.

    The signals that ask to stop are blocked here, as inherited from the leading process; a worker
    unblocks them once it has installed its handlers.

    Args:
        descriptor: File descriptor of the socket by which the leading process sends each worker's
            connection.
    """
    import ffnn_lab.sweeper.process  # noqa: F401, PLC0415 - what workers need, before any is asked

    gc.collect()
    gc.freeze()  # Else a collection in a worker would copy the pages of everything.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The leading process sees how a worker ends.
    control = socket.socket(fileno=descriptor)
    while True:
        message, descriptors = b"", list[int]()
        with suppress(ConnectionError):
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            os._exit(0)  # Nothing needs to be cleaned up, and a regular exit takes longer.
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _work(descriptors[0])
        os.close(descriptors[0])


def _work(descriptor: int) -> NoReturn:
    """Run the job that arrives on a connection, send its error or None back, and end the process.

    Args:
        descriptor: File descriptor of the connection's socket.
    """
    try:
        own = socket.socket(fileno=descriptor)
        own.set_inheritable(False)
        with own, own.makefile("rwb") as connection:
            connection.write(PID.pack(os.getpid()))
            connection.flush()
            job, environment, folder = pickle.load(connection)  # noqa: S301 - its parent's
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            connection.write(_end_of(job))
    finally:
        os._exit(0)


def _end_of(job: Any) -> bytes:  # noqa: ANN401 - as pickle has it
    """Run a job; return the pickled error that it raised, or the pickled None."""
    try:
        job(None)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the leading process decides
        try:
            written = pickle.dumps(error)
            pickle.loads(written)  # noqa: S301 - written in the line before
        except Exception:  # noqa: BLE001 - an error of a kind that cannot be handed over
            return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        return written
    return pickle.dumps(None)
