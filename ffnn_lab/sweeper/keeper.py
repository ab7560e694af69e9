"""Checkpoints of the population in training, so that an interruption costs little."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ffnn_lab.checkpoints import load_checkpoint, save_checkpoint
from ffnn_lab.population import Snapshot
from ffnn_lab.trainer import Training


class Keeper:
    """Writes the population in training to a checkpoint file at regular intervals.

    A checkpoint saves time and affects no result. So an error in writing a checkpoint stops
    nothing: the user is told once, and the next checkpoint is tried when it is due.
    """

    def __init__(self, path: Path, seconds: float | None, notice: Callable[[str], None]) -> None:
        """Keep the arguments; nothing is written yet.

        Args:
            path: Path of the checkpoint file.
            seconds: Seconds between two checkpoints; None to write none at all.
            notice: Receives the reason if a checkpoint cannot be written.
        """
        self.path = path
        self._seconds = seconds
        self._notice = notice
        self._saved_at = time.monotonic()
        self._has_told = False

    def begin(self) -> None:
        """Restart the time after which the next checkpoint is due."""
        self._saved_at = time.monotonic()

    def save_if_due(self, training: Training) -> None:
        """Write a checkpoint if the time between two checkpoints has passed."""
        seconds = self._seconds
        if seconds is not None and time.monotonic() - self._saved_at >= seconds:
            self.save(training)

    def save(self, training: Training) -> bool:
        """Write a checkpoint now, unless none are wanted; return True if it was written."""
        if self._seconds is None:
            return False
        try:
            save_checkpoint(self.path, training.snapshots())
        except OSError as error:
            self._tell(error)
            return False
        finally:
            self._saved_at = time.monotonic()
        return True

    def load(self) -> Mapping[str, Snapshot]:
        """Return the snapshots of members in the file, by run id.

        The result is empty if the file is missing or damaged.
        """
        return load_checkpoint(self.path)

    def remove(self) -> None:
        """Remove the file, once all of its members are recorded."""
        with suppress(OSError):
            self.path.unlink()

    def _tell(self, error: OSError) -> None:
        if self._has_told:
            return
        self._has_told = True
        self._notice(
            f"no checkpoint can be written to {self.path.parent} "
            f"({error.strerror or error}): training goes on, but after an interruption it starts "
            "again from the last checkpoint that was written. Free space there, or make the "
            "folder writable; trainer.checkpoint_seconds sets how often checkpoints are written "
            "(null: never)"
        )
