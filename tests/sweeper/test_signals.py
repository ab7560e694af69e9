"""A first signal asks to stop, a second interrupts; children start with signals blocked (deaf)."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ffnn_lab.sweeper.signals import deaf, stopped_by_signals
from ffnn_lab.sweeper.worker import Watcher
from tests.support.workers import Listener


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_asks_and_a_second_interrupts(number: signal.Signals) -> None:
    stop, listener = threading.Event(), Listener()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    with stopped_by_signals(stop, listener.notice):
        os.kill(os.getpid(), number)
        assert stop.wait(10)
        until = time.monotonic() + 10
        while not listener.notices and time.monotonic() < until:
            time.sleep(0.01)
        assert listener.notices == [
            "stopping at the end of this epoch; Ctrl-C again stops at once"
        ]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert {each: signal.getsignal(each) for each in before} == before


def test_signals_do_not_wait_for_what_they_interrupt() -> None:
    """The event's lock is held when the signal comes; a handler that took the lock would hang."""
    stop = threading.Event()
    with stopped_by_signals(stop, Watcher().notice):
        with stop._cond:  # type: ignore[attr-defined] # not in its stub
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)
        assert stop.wait(10)


@pytest.mark.slow
def test_a_process_started_in_deafness_hears_again_when_it_can() -> None:
    """A signal that comes while the process is deaf must reach it once it can handle signals."""
    code = (
        "import os, signal, threading, time\n"
        "from ffnn_lab.sweeper.signals import stopped_by_signals\n"
        "from ffnn_lab.sweeper.worker import Watcher\n"
        "class Slow(Watcher):\n"
        "    def notice(self, message):\n"
        "        time.sleep(1)  # its thread outlives the block, and is deaf as well\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "stop = threading.Event()\n"
        "with stopped_by_signals(stop, Slow().notice):\n"
        "    assert stop.wait(10)\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "assert signal.SIGINT in signal.sigpending()\n"
        "print('well')\n"
    )
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with deaf():
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
        )
    assert (done.stdout, done.stderr) == ("well\n", "")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == heard


def test_a_thread_handles_no_signals() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with stopped_by_signals(threading.Event(), Watcher().notice):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
