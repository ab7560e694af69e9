"""How settings are proposed: one Optuna study per arm, each proposal seeded by its number.

A fresh sampler for every trial, seeded by study and trial number, makes a proposal depend on
the study's history alone: a sweep that was interrupted proposes what it would have proposed.
"""

import itertools
import json
import warnings
import zlib
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from ffnn_lab.seeds import stream
from ffnn_lab.sweeper.definition import Arm, Definition
from ffnn_lab.sweeper.space import Choice, Space

Values = dict[str, Any]
"""A setting: dotted key to value."""


def open_storage(folder: Path) -> BaseStorage:
    """Open the sweep's journal of all studies."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(str(folder / "study.journal")))


def open_study(storage: BaseStorage, definition: Definition, arm: Arm) -> optuna.Study:
    """Open an arm's study, or begin it."""
    return optuna.create_study(
        storage=storage,
        study_name=f"{definition.name}/{arm.name}",
        direction="minimize",
        load_if_exists=True,
    )


def ask(
    study: optuna.Study, definition: Definition, arm: Arm, n_settings: int
) -> list[tuple[Trial, Values]]:
    """Ask for the arm's next settings: first those that were asked and never told.

    Args:
        study: The arm's.
        definition: The sweep.
        arm: The arm.
        n_settings: How many the arm tries in all.

    Returns:
        At most ``definition.n_parallel`` trials (a grid: all) with their settings; none when the
        arm's budget is spent.
    """
    trials = study.get_trials(deepcopy=False)
    open_states = (TrialState.RUNNING, TrialState.WAITING)
    pending = [t for t in trials if t.state is TrialState.RUNNING]
    if pending:
        known = [Trial(study, t._trial_id) for t in pending]  # noqa: SLF001 - no public way back
        return [(trial, suggest(trial, arm.space)) for trial in known]
    n_asked = sum(t.state not in open_states for t in trials)
    n_new = n_settings - n_asked
    if definition.protocol != "grid":
        n_new = min(n_new, definition.n_parallel)
    return [_ask_one(study, definition, arm, number) for number in range(n_asked, n_asked + n_new)]


def _ask_one(
    study: optuna.Study, definition: Definition, arm: Arm, number: int
) -> tuple[Trial, Values]:
    if definition.protocol == "grid":
        study.enqueue_trial(_grid_point(arm.space, number), skip_if_exists=True)
    study.sampler = _sampler(definition, arm, number)
    trial = study.ask()
    return trial, suggest(trial, arm.space)


def _sampler(definition: Definition, arm: Arm, number: int) -> BaseSampler:
    name = zlib.crc32(arm.name.encode())
    seed = int(stream(definition.seed, "proposal", name, number).integers(2**31))
    if definition.protocol == "tpe":
        with warnings.catch_warnings():
            # What is experimental (multivariate, constant_liar) is Optuna 5's own default.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return TPESampler(seed=seed)
    return RandomSampler(seed=seed)


def _grid_point(space: Space, number: int) -> Values:
    """Give the setting of that number in the product of all axes, the last axis fastest."""
    axes = [
        [_category(v) for v in axis.values] for axis in space.values() if isinstance(axis, Choice)
    ]
    point = next(itertools.islice(itertools.product(*axes), number, None))
    return dict(zip(space, point, strict=True))


def suggest(trial: Trial, space: Space) -> Values:
    """Draw (or recall) a trial's value on every axis."""
    values: Values = {}
    for key, axis in space.items():
        if isinstance(axis, Choice):
            chosen = trial.suggest_categorical(key, [_category(v) for v in axis.values])
            values[key] = _uncategory(chosen, axis)
        elif axis.is_int:
            values[key] = trial.suggest_int(key, int(axis.low), int(axis.high), log=axis.log)
        else:
            values[key] = trial.suggest_float(key, axis.low, axis.high, log=axis.log)
    return values


def _category(value: Any) -> Any:  # noqa: ANN401 - any value of a config
    """Write a value as Optuna stores categories: a list becomes its JSON."""
    return json.dumps(value) if isinstance(value, list) else value


def _uncategory(chosen: Any, axis: Choice) -> Any:  # noqa: ANN401 - as above
    return next(value for value in axis.values if _category(value) == chosen)
