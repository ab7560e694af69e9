"""Signals that stop a sweep or a single run: Ctrl-C, SIGTERM, and a closed terminal."""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any, NoReturn

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Signals that ask a sweep to stop."""
EXIT_INTERRUPTED = 130
"""Exit code of an interrupted command."""


def _heard() -> list[signal.Signals]:
    """Return the signals to handle: without SIGHUP if it is ignored, as under ``nohup``."""
    hang_up = getattr(signal, "SIGHUP", None)
    is_deaf = hang_up is not None and signal.getsignal(hang_up) == signal.SIG_IGN
    return [each for each in SIGNALS if not (is_deaf and each == hang_up)]


def answer(handler: Any) -> dict[signal.Signals, Any]:  # noqa: ANN401 - as `signal.signal` has it
    """Install a handler for the stop signals, and return the previous handler of each.

    Outside of the main thread, which alone may set handlers, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in _heard()}


def leave_dead_terminal() -> None:
    """Redirect standard output and error to nowhere where their terminal was closed.

    Otherwise printing would fail.
    """
    if not hasattr(select, "poll"):
        return
    for descriptor in (1, 2):
        poll = select.poll()
        with suppress(OSError):
            poll.register(descriptor, 0)
            if any(found & (select.POLLERR | select.POLLHUP) for _, found in poll.poll(0)):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


@contextmanager
def stopped_by_signals(stop: threading.Event, notice: Callable[[str], None]) -> Iterator[None]:
    """Let a first Ctrl-C (SIGTERM, SIGHUP) in the block set ``stop``, and a second one interrupt.

    Args:
        stop: Event that asks the work in the block to end.
        notice: Receives a line for the user at the first signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    has_asked = False

    def ask() -> None:
        stop.set()
        leave_dead_terminal()
        with suppress(OSError):
            notice("stopping at the end of this epoch; Ctrl-C again stops at once")

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal has_asked
        if has_asked or stop.is_set():
            if number == getattr(signal, "SIGHUP", None):
                return  # A shell and the kernel may both send it as a terminal closes.
            raise KeyboardInterrupt
        has_asked = True
        # The interrupted code may hold the locks of the event and of the terminal, so another
        # thread sets the event. Signals are blocked in that thread: it may outlive the `with`
        # block, after which this process must not receive them.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=ask).start()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    before = answer(handle)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deaf() -> Iterator[None]:
    """Block the stop signals while child processes start, until these have set their handlers.

    A terminal sends Ctrl-C to all of its processes. In a process that is importing modules, it
    would surface as an arbitrary error. This process still receives the signals, in its other
    threads.
    """
    # Joblib starts this process, too; in older Pythons its start unblocks the signals.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def hear_nothing() -> None:
    """Ignore the signals that ask to stop from now on, while no work is there to stop.

    Blocking them is not enough: threads that a library started would still receive them.
    """
    answer(signal.SIG_IGN)


def end_interrupted(last_words: str) -> NoReturn:
    """Print the last words of an interrupted command, and end its process; ignore further signals.

    Libraries clean up as Python ends, and an interruption of that would print a traceback.
    """
    hear_nothing()
    sys.stderr.write(last_words)
    sys.exit(EXIT_INTERRUPTED)
