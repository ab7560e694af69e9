"""Behavior of Optuna that the sweeper needs and that Optuna does not promise.

If a test fails with a new version of Optuna, its docstring says what would no longer work.
"""

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from ffnn_lab.sweeper.studies import private
from ffnn_lab.sweeper.studies.journal import JournalLock

X = FloatDistribution(0.0, 1.0)


@pytest.fixture
def study() -> optuna.Study:
    """A study in memory, with one running trial that has no values yet."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    study.ask()
    return study


def test_a_study_tells_its_storage_and_its_number(study: optuna.Study) -> None:
    """Otherwise notes and intermediate values could not be written, nor studies be deleted."""
    storage = private.storage_of(study)
    number = private.study_id(study)
    assert storage.get_study_name_from_id(number) == study.study_name
    (listed,) = storage.get_all_studies()
    assert private.study_id(listed) == number


def test_a_trial_is_found_by_its_number(study: optuna.Study) -> None:
    """Otherwise a study would walk through all of its trials at every score."""
    study.add_trial(optuna.create_trial(value=0.5, params={"x": 0.25}, distributions={"x": X}))
    assert private.trial_of(study, 1).params == {"x": 0.25}
    assert private.trial_of(study, 0).state == TrialState.RUNNING


def test_a_trial_that_was_cut_off_can_suggest_values(study: optuna.Study) -> None:
    """Otherwise a worker killed while it asked would leave a setting without values."""
    trial = private.open_trial(study, private.trial_of(study, 0))
    value = trial.suggest_float("x", 0.0, 1.0)
    assert study.trials[0].params == {"x": value}


def test_values_that_are_fixed_are_suggested(study: optuna.Study) -> None:
    """Otherwise a setting with recorded runs could have other values in the study."""
    frozen = private.trial_of(study, 0)
    private.fix_values(study, frozen, {"x": 0.125})
    assert private.open_trial(study, frozen).suggest_float("x", 0.0, 1.0) == 0.125


def test_a_trial_that_was_cut_off_is_completed_by_what_the_study_has_now(
    study: optuna.Study,
) -> None:
    """Otherwise a sampler would learn only from the trials that existed at the last proposal."""
    storage = private.storage_of(study)
    study.sampler = optuna.samplers.TPESampler(seed=0)
    study.ask().suggest_float("x", 0.0, 1.0)  # the study now caches its two trials
    cut_off = storage.create_new_trial(private.study_id(study))
    seen: list[int] = []

    class Counter(optuna.samplers.RandomSampler):
        def sample_independent(self, study: optuna.Study, *rest: Any) -> Any:  # noqa: ANN401 - Optuna's
            seen.append(len(study._get_trials(deepcopy=False, use_cache=True)))
            return super().sample_independent(study, *rest)

    study.sampler = Counter(seed=0)
    private.open_trial(study, storage.get_trial(cut_off)).suggest_float("x", 0.0, 1.0)
    assert seen == [3]


def test_a_pruners_notes_are_copied(study: optuna.Study) -> None:
    """Otherwise later batches would not know the rungs of settings of earlier batches."""
    view = optuna.create_study()
    view.add_trial(optuna.create_trial(state=TrialState.RUNNING, system_attrs={"rung": 0.5}))
    private.copy_notes(study, private.trial_of(study, 0), private.trial_of(view, 0))
    assert study.trials[0].system_attrs == {"rung": 0.5}


def test_the_key_of_fixed_values_is_the_one_that_optuna_enqueues_by(study: optuna.Study) -> None:
    study.enqueue_trial({"x": 0.125})
    assert private.FIXED in study.get_trials()[1].system_attrs


def test_a_running_trial_takes_notes_and_intermediate_values(study: optuna.Study) -> None:
    """Otherwise dashboards would show no seeds, and nothing could be pruned."""
    frozen = private.trial_of(study, 0)
    private.note(study, frozen, "score", {"n_diverged": 1})
    reported = private.report(study, frozen, 3, 0.5)
    assert reported.intermediate_values == {3: 0.5}
    assert study.trials[0].user_attrs == {"score": {"n_diverged": 1}}


def test_a_journal_takes_a_lock_of_our_own(tmp_path: Path) -> None:
    """Otherwise the journal would use Optuna's locks, which outlive a killed process."""
    taken = []

    class Counted(JournalLock):
        def acquire(self) -> bool:
            taken.append("acquired")
            return super().acquire()

        def release(self) -> None:
            taken.append("released")
            super().release()

    path = tmp_path / "study.journal"
    backend = JournalFileBackend(str(path), lock_obj=Counted(path))
    backend.append_logs([{"op_code": 0}])
    assert taken == ["acquired", "released"]
    assert issubclass(JournalLock, private.BaseJournalFileLock)
