"""Journals of studies, written by the lab and read by Optuna alone."""

from pathlib import Path

from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from ffnn_lab.sweeper.presence import JOURNAL
from ffnn_lab.sweeper.studies.storage import Storage


def write_journal(folder: Path) -> Path:
    """Write a journal with a study of two trials and a study of notes, and return its path."""
    storage = Storage(folder, None)
    study = storage.open_study("s/arm")
    for value in (0.5, 0.25):
        study.tell(study.ask({"x": FloatDistribution(0, 1)}), value)
    storage.open_attributes("s/.workers").write("claim/one", ["a", "b"])
    return folder / JOURNAL


def read_by_optuna(path: Path) -> JournalStorage:
    """Open a journal as any of Optuna's own tools does."""
    return JournalStorage(JournalFileBackend(str(path)))


def notes_of(storage: JournalStorage, name: str) -> dict[str, object]:
    """Return the notes (user attributes) of a study, as Optuna's reader finds them."""
    return storage.get_study_user_attrs(storage.get_study_id_from_name(name))
