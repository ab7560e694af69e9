"""Checkpoints of the population in training, so that an interruption costs little."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ffnn_lab.checkpoints import load_checkpoint, save_checkpoint
from ffnn_lab.population import Snapshot
from ffnn_lab.trainer import Training


class Keeper:
    """Writes one checkpoint file every so often.

    A checkpoint saves time and affects no result. So an error in writing one stops nothing: the
    user is told once, and the next checkpoint is tried when it is due.
    """

    def __init__(self, path: Path, seconds: float | None, notice: Callable[[str], None]) -> None:
        """Make ready; nothing is written yet.

        Args:
            path: The file.
            seconds: Time between two checkpoints; None to write none at all.
            notice: Receives the reason if a checkpoint cannot be written.
        """
        self.path = path
        self._seconds = seconds
        self._notice = notice
        self._saved_at = time.monotonic()
        self._has_told = False

    def begin(self) -> None:
        """Count the seconds until the next checkpoint from now on."""
        self._saved_at = time.monotonic()

    def save_if_due(self, training: Training) -> None:
        """Write a checkpoint if the last one is old enough."""
        seconds = self._seconds
        if seconds is not None and time.monotonic() - self._saved_at >= seconds:
            self.save(training)

    def save(self, training: Training) -> bool:
        """Write a checkpoint now, unless none are wanted; return whether there is one."""
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
        """Return the members of the file by run id; none if it is missing or damaged."""
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
            f"({error.strerror or error}): training goes on, but what is interrupted begins again "
            "from the last checkpoint that there is. Make room there, or let it be written to; "
            "trainer.checkpoint_seconds sets how often (null: never)"
        )
