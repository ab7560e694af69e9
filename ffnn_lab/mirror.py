"""The tracking process: owns W&B, and writes there what a training process hands it.

``ffnn_lab.tracking`` starts this file. It imports nothing of the lab, so that it starts fast and
holds little. Each line of its input is a message in JSON; at the end of the input it closes what
is open and ends. On its output it gives a sign of life now and then, and says what failed.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import wandb

SIGN_SECONDS = 1.0
"""Between two signs of life."""
ORPHAN_SECONDS = 30.0
"""How long W&B may take to close what is open once the training process is dead."""
EXIT_CUT_OFF = 255
"""Of a W&B run whose training was stopped or killed; W&B shows it as killed."""


class Mirror:
    """The W&B runs that are open."""

    def __init__(  # noqa: D417 - the others are W&B's
        self, *, mode: str, project: str, folder: str, group: str, sign: Callable[[], None]
    ) -> None:
        """Make ready; a W&B run opens with its first points.

        Args:
            folder: The sweep's folder; W&B writes into its ``wandb/``.
            sign: Called after each run that was served.
        """
        self._mode = mode
        self._project = project
        self._folder = folder
        self._group = group
        self._sign = sign
        self._runs: dict[str, wandb.Run] = {}

    def log(self, rows: Iterable[Any]) -> None:
        """Log new points: of each run its id, how it opens if it is new, and the points.

        A point is a step and its values.
        """
        for run_id, opening, points in rows:
            if opening is not None:
                self._runs[run_id] = self._open(opening)
            for step, values in points:
                self._runs[run_id].log(values, step=step)
            self._sign()

    def finish(self, ends: Iterable[Any]) -> None:
        """Write summaries and close the runs: of each its id, its exit code and its summary."""
        for run_id, exit_code, summary in ends:
            run = self._runs.pop(run_id)
            run.summary.update(summary)
            run.finish(exit_code=exit_code)
            self._sign()

    def close(self) -> None:
        """Close what is open still: its training was cut off."""
        import wandb  # noqa: PLC0415 - see _open

        for run in self._runs.values():
            run.finish(exit_code=EXIT_CUT_OFF)
            self._sign()
        wandb.teardown()

    def _open(self, opening: dict[str, Any]) -> "wandb.Run":
        import wandb  # noqa: PLC0415 - the process that starts this one reads this module, too

        Path(self._folder).mkdir(parents=True, exist_ok=True)
        return wandb.init(
            mode="online" if self._mode == "online" else "offline",
            project=self._project,
            dir=self._folder,
            group=self._group,
            reinit="create_new",
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_git=True,
                save_code=False,
                disable_code=True,
                disable_job_creation=True,
                x_disable_stats=True,
                x_disable_meta=True,
                x_save_requirements=False,
                init_timeout=30,
            ),
            **opening,
        )


def serve(messages: IO[bytes], answers: IO[bytes]) -> int:
    """Write what comes until the input ends; gives the exit code."""
    last = time.monotonic()

    def answer(text: str) -> None:
        nonlocal last
        last = time.monotonic()
        try:
            answers.write(f"{text}\n".encode())
            answers.flush()
        except OSError:
            pass  # the training process is dead; what it has handed over counts all the same

    def sign() -> None:
        if time.monotonic() - last > SIGN_SECONDS:
            answer("")

    try:
        first = json.loads(messages.readline())
        threading.Thread(target=_end_with, args=(first.pop("parent"),), daemon=True).start()
        mirror = Mirror(**first, sign=sign)
        for line in messages:
            kind, rows = json.loads(line)
            {"log": mirror.log, "finish": mirror.finish}[kind](rows)
        mirror.close()
    except Exception as error:  # noqa: BLE001 - whatever a tracker may raise
        answer(describe(error))
        return 1
    return 0


def describe(error: Exception) -> str:
    """Name an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def _end_with(parent: int) -> None:
    """End this process some time after the one that started it, whatever W&B waits for."""
    while os.getppid() == parent:
        time.sleep(SIGN_SECONDS)
    time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def _private(stream: IO[Any], *, mode: str) -> IO[bytes]:
    """Take over a standard stream, which W&B's own process would inherit and keep open."""
    number = stream.fileno()
    taken = os.fdopen(os.dup(number), mode)  # a duplicate is not inherited
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
    return taken


def main() -> None:
    """Serve the process that started this one."""
    # Whoever stops the sweep closes the input as well; what was handed over is written first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # A telemetry thread of W&B would look up hosts even offline.
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    # W&B keeps a log of itself beside each run, which takes a tenth of its time.
    logging.disable(logging.INFO)
    sys.exit(serve(_private(sys.stdin, mode="rb"), _private(sys.stdout, mode="wb")))


if __name__ == "__main__":
    main()
