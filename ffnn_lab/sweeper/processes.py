"""A launcher that starts worker processes on this machine."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from hydra.core.utils import JobReturn, JobStatus

from ffnn_lab.sweeper.forkserver import PID
from ffnn_lab.sweeper.leases import GRACE_SECONDS
from ffnn_lab.sweeper.signals import SIGNALS

LOOK_SECONDS = 0.2
"""Seconds between two checks for signals while a process waits."""
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from ffnn_lab.sweeper.forkserver import main; main(int(sys.argv[1]))"
)
CAN_FORK = sys.platform == "linux"
"""True on Linux. On other systems the system's libraries start threads, so forking is unsafe."""


class _Worker:
    """A worker as its leading process sees it: by a socket that closes when the worker ends."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = b""

    def has_ended(self) -> bool:
        """Read from the socket; return True if the worker has closed it."""
        try:
            received = self.connection.recv(1 << 16)
        except ConnectionError:
            received = b""
        self._received += received
        if not received:
            self.connection.close()
        return not received

    def error(self) -> BaseException | None:
        """Return the error with which the worker ended; None if there was none.

        A worker that reported neither was killed, which is returned as a `RuntimeError`.
        """
        end = self._received[PID.size :]
        if not end:
            return RuntimeError("a worker was killed")
        error: BaseException | None = pickle.loads(end)  # noqa: S301 - its own child's
        return error

    def kill(self) -> None:
        if len(self._received) >= PID.size:
            with suppress(ProcessLookupError):
                os.kill(PID.unpack(self._received[: PID.size])[0], signal.SIGKILL)


class Processes:
    """Starts workers on this machine; if a worker dies, the other workers go on.

    Workers are forked from a program that has already imported what they need, see `forkserver`.
    """

    def __init__(self) -> None:
        """Make the launcher; no process is started yet."""
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._workers: list[_Worker] = []
        self._job: Callable[[Any], None] | None = None

    def prepare(self) -> None:
        """Start the fork server unless it is running; its imports go on in the background."""
        if self._server is not None and self._server.poll() is None:
            return
        self._let_go()
        self._control, theirs = socket.socketpair()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # a program inherits the mask
        try:
            self._server = subprocess.Popen(  # noqa: S603 - this Python
                [
                    *(sys.executable, "-P", "-c", PROGRAM),
                    *(str(theirs.fileno()), json.dumps(sys.path)),
                ],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()

    def make(self, job: Callable[[Any], None]) -> Self:
        """Set the job of each worker that is started from now on, and return this launcher."""
        self._job = job
        return self

    def launch(
        self,
        job_overrides: Sequence[Sequence[str]],
        initial_job_idx: int,  # noqa: ARG002 - the interface's
    ) -> list[JobReturn]:
        """Start the missing workers, and wait until all have ended or one has failed.

        Args:
            job_overrides: An entry for each worker; the entries are not used.
            initial_job_idx: Not used.

        Returns:
            The results of the workers that ended; the other workers go on.
        """
        while len(self._workers) < len(job_overrides):
            self._start()
        ends: list[JobReturn] = []
        while self._workers and not any(end.status is JobStatus.FAILED for end in ends):
            ends += self._ended(LOOK_SECONDS)
        return ends

    def __enter__(self) -> Self:
        """Return this launcher."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for the workers that are left to end, and kill those that do not.

        Workers end by themselves once the leading process has left the sweep. The wait takes at
        most `GRACE_SECONDS`; if the user interrupts, workers are killed at once.
        """
        is_patient = kind is None or issubclass(kind, Exception)
        until = time.monotonic() + (GRACE_SECONDS if is_patient else 0.0)
        try:
            while self._workers and time.monotonic() < until:
                self._ended(LOOK_SECONDS)
        finally:
            for worker in self._workers:
                worker.kill()
            self._let_go()

    def _start(self) -> None:
        """Fork a worker from the fork server, and send it the job.

        Raises:
            RuntimeError: If the fork server has ended.
        """
        self.prepare()
        assert self._control is not None  # noqa: S101 - as prepared
        own, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"w"], [theirs.fileno()])
            own.sendall(pickle.dumps((self._job, dict(os.environ), str(Path.cwd()))))
        except ConnectionError:
            own.close()
            msg = "the process that workers are forked from has ended"
            raise RuntimeError(msg) from None
        self._workers.append(_Worker(own))

    def _ended(self, seconds: float) -> list[JobReturn]:
        """Wait at most ``seconds``, and return the results of the workers that ended."""
        ends = []
        by_number = {worker.connection.fileno(): worker for worker in self._workers}
        for number in wait(list(by_number), seconds):
            worker = by_number[cast("int", number)]
            if worker.has_ended():
                self._workers.remove(worker)
                error = worker.error()
                end = JobReturn(status=JobStatus.COMPLETED if error is None else JobStatus.FAILED)
                end.return_value = error
                ends.append(end)
        return ends

    def _let_go(self) -> None:
        """Stop the fork server, which ends when its socket is closed."""
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.wait()
        self._server = self._control = None
