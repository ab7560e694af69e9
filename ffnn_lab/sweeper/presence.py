"""Find the processes at work on a sweep by reading its journal; nothing is locked or written.

Living workers write a beat to the journal every few seconds, so a journal that has not changed for
a while means that no process is at work. Optuna is imported only if the journal has changed.
"""

from dataclasses import dataclass
from pathlib import Path

JOURNAL = "study.journal"
"""Name of the file in a sweep's folder that holds its studies."""
SILENT_SECONDS = 60.0
"""Seconds without a sign of life after which a process counts as dead; the same as
``leases.LEASE_SECONDS``."""


@dataclass(frozen=True)
class Presence:
    """The processes at work on a sweep at one moment."""

    n_workers: int
    """Number of living processes that train."""
    progress: float
    """Progress of all populations in training, as a number of runs; half of a run's epochs count
    as 0.5 runs."""
    seen: float
    """When the last sign of life was written; seconds since the epoch."""


def look(folder: Path, name: str, *, now: float) -> Presence | None:
    """Return the processes at work on a sweep.

    Args:
        folder: The sweep's folder.
        name: The sweep's name, as in its definition.
        now: The present time; seconds since the epoch.

    Returns:
        None where the folder has no journal that can be read: the sweep was not begun, or its
        studies lie on a server.
    """
    journal = folder / JOURNAL
    try:
        seen = journal.stat().st_mtime
    except OSError:
        return None
    if now - seen > SILENT_SECONDS:
        return Presence(0, 0.0, seen)
    # Imported late: Optuna takes a second.
    from ffnn_lab.sweeper.identity import Identity  # noqa: PLC0415
    from ffnn_lab.sweeper.leases import Leases, workers_of  # noqa: PLC0415
    from ffnn_lab.sweeper.studies.journal import read_journal  # noqa: PLC0415
    from ffnn_lab.sweeper.studies.storage import Attributes  # noqa: PLC0415

    try:
        storage = read_journal(journal)
        study = storage.get_study_id_from_name(workers_of(name))
        notes = Attributes(storage, study, lambda operation: operation())  # a file answers at once
        leases = Leases(notes, Identity.of_this_process())
        n_workers = leases.n_workers() - 1  # the count includes this process
        return Presence(n_workers, sum(leases.living().values()), seen)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None  # a damaged journal is repaired by the workers of the sweep
