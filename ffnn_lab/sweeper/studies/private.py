"""All uses of private names of Optuna that no public name can replace.

``tests/sweeper/studies/test_private.py`` fails if a version of Optuna lacks any of these names.
"""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.storages import BaseStorage

# Optuna's public locks are files that outlive a killed holder; the lab's own lock extends this.
from optuna.storages.journal._file import BaseJournalFileLock
from optuna.trial import FrozenTrial, Trial

__all__ = [
    "BaseJournalFileLock",
    "copy_notes",
    "draw_again",
    "fix_values",
    "note",
    "open_trial",
    "report",
    "storage_of",
    "study_id",
    "trial_of",
]
FIXED = "fixed_params"
"""Key under which ``Study.enqueue_trial`` stores the values that a trial will suggest."""


def storage_of(study: optuna.Study) -> BaseStorage:
    """Return the storage of a study."""
    return study._storage  # noqa: SLF001


def study_id(study: Any) -> int:  # noqa: ANN401 - a Study, or the frozen one that storages list
    """Return the number that a storage gave to a study; Optuna makes only the name public."""
    found: int = study._study_id  # noqa: SLF001
    return found


def trial_of(study: optuna.Study, number: int) -> FrozenTrial:
    """Return the trial of a number, without listing all trials of the study."""
    storage = storage_of(study)
    return storage.get_trial(
        storage.get_trial_id_from_study_id_trial_number(study_id(study), number)
    )


def open_trial(study: optuna.Study, trial: FrozenTrial) -> Trial:
    """Return a trial that can suggest values, for one that another process began.

    The study's cache of its trials, which samplers read, is cleared first.
    """
    study._thread_local.cached_all_trials = None  # noqa: SLF001
    return Trial(study, trial._trial_id)  # noqa: SLF001


def draw_again(trial: Trial, name: str) -> None:
    """Draw a value that a trial has already, and discard it.

    A sampler draws the values of a trial one after another. If the stored ones are drawn again,
    the remaining ones come out as if the trial had not been interrupted.

    Args:
        trial: The trial.
        name: Name of the parameter whose value is drawn.
    """
    frozen = trial._get_latest_trial()  # noqa: SLF001 - Optuna has no public way to it
    distribution = frozen.distributions[name]
    is_relative = trial._is_relative_param(name, distribution)  # noqa: SLF001 - likewise
    if not distribution.single() and not is_relative:
        trial.study.sampler.sample_independent(trial.study, frozen, name, distribution)


def fix_values(study: optuna.Study, trial: FrozenTrial, values: Mapping[str, Any]) -> None:
    """Store the values that a running trial will suggest, by the name of the parameter."""
    storage_of(study).set_trial_system_attr(trial._trial_id, FIXED, dict(values))  # noqa: SLF001


def note(study: optuna.Study, trial: FrozenTrial, key: str, value: object) -> None:
    """Store a user attribute of a trial."""
    storage_of(study).set_trial_user_attr(trial._trial_id, key, value)  # noqa: SLF001


def copy_notes(study: optuna.Study, trial: FrozenTrial, noted: FrozenTrial) -> None:
    """Copy to a trial the system attributes that a pruner set on a copy of the trial.

    Args:
        study: The study of the trial.
        trial: The trial.
        noted: The copy, from another study.
    """
    storage = storage_of(study)
    for key, value in noted.system_attrs.items():
        if trial.system_attrs.get(key) != value:
            storage.set_trial_system_attr(trial._trial_id, key, value)  # noqa: SLF001


def report(study: optuna.Study, trial: FrozenTrial, step: int, value: float) -> FrozenTrial:
    """Store an intermediate value of a trial, and return the updated trial."""
    storage = storage_of(study)
    storage.set_trial_intermediate_value(trial._trial_id, step, value)  # noqa: SLF001
    return storage.get_trial(trial._trial_id)  # noqa: SLF001
