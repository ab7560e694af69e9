"""How settings are proposed: one Optuna study per arm, each proposal a function of its past.

Grids, ``random`` and ``qmc`` compute the setting of a number; ``tpe`` and ``cmaes`` ask a sampler
that lives for one proposal, seeded by study, arm and number. So a sweep that was interrupted
proposes what it would have proposed, and no proposal is repeated.
"""

import itertools
import json
import math
import warnings
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, CmaEsSampler, TPESampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial
from scipy.stats import qmc

from ffnn_lab.config import ConfigError, with_values
from ffnn_lab.records import RecordError
from ffnn_lab.seeds import stream
from ffnn_lab.sweeper.definition import Arm, Definition
from ffnn_lab.sweeper.space import Axis, Choice, Space

Values = dict[str, Any]
"""A setting: dotted key to value."""

SAMPLED = ("tpe", "cmaes")
"""Protocols whose proposals depend on what was scored before."""


def open_storage(folder: Path) -> BaseStorage:
    """Open the sweep's journal of all studies."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.journal"
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except (ValueError, KeyError) as error:
        msg = f"{path} is damaged ({error}); delete it: it is made again from the records"
        raise RecordError(msg) from error


def open_study(storage: BaseStorage, definition: Definition, arm: Arm) -> optuna.Study:
    """Open an arm's study, or begin it."""
    return optuna.create_study(
        storage=storage,
        study_name=f"{definition.name}/{arm.name}",
        direction="minimize",
        load_if_exists=True,
    )


def ask(
    study: optuna.Study, definition: Definition, arm: Arm, best: int | None
) -> list[tuple[Trial, Values]]:
    """Ask for the arm's next settings: first those that were asked and never told.

    Args:
        study: The arm's.
        definition: The sweep.
        arm: The arm.
        best: The number of the arm's best setting so far, where all that were asked are scored.

    Returns:
        At most ``definition.n_parallel`` trials with their settings; none when the arm is done.
    """
    trials = study.get_trials(deepcopy=False)
    pending = [t for t in trials if not t.state.is_finished()]
    revived = [_revive(study, definition, arm, trial) for trial in pending]
    if definition.protocol in SAMPLED:
        # A round that was cut short is filled first: what it proposes depends on its size.
        n_rounds = -(-len(trials) // definition.n_parallel) + (0 if pending else 1)
        until = min(definition.n_settings_of(arm), n_rounds * definition.n_parallel)
        new = range(len(trials), until)
        return revived + [_sample(study, definition, arm, number) for number in new]
    if revived:
        return revived
    known_values = [setting_of(trial, arm.space) for trial in trials]
    following = _following(definition, arm, known_values, best)
    return [_begin(study, arm, values) for values in following[: definition.n_parallel]]


def _revive(
    study: optuna.Study, definition: Definition, arm: Arm, trial: FrozenTrial
) -> tuple[Trial, Values]:
    """Take up a trial that was asked and never told, as its own sampler would go on with it."""
    study.sampler = sampler_of(definition, arm, trial.number)
    known = Trial(study, trial._trial_id)  # noqa: SLF001 - no public way back
    return known, suggest(known, arm.space)


def _sample(
    study: optuna.Study, definition: Definition, arm: Arm, number: int
) -> tuple[Trial, Values]:
    study.sampler = sampler_of(definition, arm, number)
    trial = study.ask()
    return trial, suggest(trial, arm.space)


def _begin(study: optuna.Study, arm: Arm, values: Values) -> tuple[Trial, Values]:
    """Add a trial of known values; it is there whole or not at all."""
    study.add_trial(frozen_trial(arm.space, values, state=TrialState.RUNNING))
    newest = study.get_trials(deepcopy=False)[-1]
    return Trial(study, newest._trial_id), values  # noqa: SLF001 - as above


def _following(
    definition: Definition, arm: Arm, known: Sequence[Values], best: int | None
) -> list[Values]:
    """List the settings that come after those known, as far as they are settled."""
    number = len(known)
    if definition.protocol == "grid":
        return _grid(arm.space)[number:]
    if definition.protocol == "grid_until_interior":
        first = _first_grid(definition, arm)
        return first[number:] if number < len(first) else _extension(definition, arm, known, best)
    place = _sobol if definition.protocol == "qmc" else _uniform
    total = definition.n_settings_of(arm)
    return [
        _from_unit(arm.space, place(definition, arm, i, len(arm.space)))
        for i in range(number, total)
    ]


def _grid(space: Space) -> list[Values]:
    """List the product of all finite axes, the last axis fastest."""
    axes = {key: axis.values for key, axis in space.items() if isinstance(axis, Choice)}
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]


def _first_grid(definition: Definition, arm: Arm) -> list[Values]:
    """List the grid before it grows; each of its points meets the same draws on the intervals."""
    free = {key: axis for key, axis in arm.space.items() if not isinstance(axis, Choice)}
    points = _grid(arm.space)
    n_draws = definition.n_settings_of(arm) // len(points)
    draws = [_from_unit(free, _uniform(definition, arm, i, len(free))) for i in range(n_draws)]
    both = ({**point, **draw} for point in points for draw in draws)
    return [{key: values[key] for key in arm.space} for values in both]


def _extension(
    definition: Definition, arm: Arm, known: Sequence[Values], best: int | None
) -> list[Values]:
    """Give the next point of the growing axis, times all others, if the best lies on its edge.

    An extension that was begun is finished first.
    """
    key, axis = growing_axis(arm)
    others = list({json.dumps({**v, key: None}): v for v in known}.values())
    newest = known[-1][key]
    n_newest = sum(values[key] == newest for values in known)
    if newest not in axis.values and n_newest < len(others):
        return [{**values, key: newest} for values in others[n_newest:]]
    tried = sorted({values[key] for values in known})
    if best is None or len(tried) >= definition.max_points:
        return []
    at = known[best][key]
    if at == tried[0]:
        beyond = tried[0] * tried[0] / tried[1]
    elif at == tried[-1]:
        beyond = tried[-1] * tried[-1] / tried[-2]
    else:
        return []
    beyond = float(f"{beyond:.12g}")  # 0.1 * 0.1 / 0.2 is 0.05, not 0.05000000000000001
    try:
        with_values(arm.config, {key: beyond})
    except ConfigError:
        return []  # a natural bound: nothing lies beyond
    return [{**values, key: beyond} for values in others]


def growing_axis(arm: Arm) -> tuple[str, Choice]:
    """Find the one axis of an arm that grows; the definition made sure that there is one."""
    return next(
        (key, axis) for key, axis in arm.space.items() if isinstance(axis, Choice) and axis.grows
    )


def _uniform(definition: Definition, arm: Arm, number: int, n_axes: int) -> list[float]:
    rng = stream(definition.seed, "proposal", zlib.crc32(arm.name.encode()), number)
    return [float(number) for number in rng.random(n_axes)]


def _sobol(definition: Definition, arm: Arm, number: int, n_axes: int) -> list[float]:
    """Give the point of that number of a scrambled Sobol sequence (Owen 1998, as in scipy)."""
    rng = stream(definition.seed, "proposal", zlib.crc32(arm.name.encode()))
    sequence = qmc.Sobol(max(1, n_axes), rng=rng)
    if number > 0:  # scipy cannot forward by nothing
        sequence.fast_forward(number)
    return [float(place) for place in sequence.random(1)[0, :n_axes]]


def _from_unit(space: Space, place: Sequence[float]) -> Values:
    """Map a point of the unit cube onto the axes."""
    return {key: _on_axis(axis, p) for (key, axis), p in zip(space.items(), place, strict=True)}


def _on_axis(axis: Axis, place: float) -> Any:  # noqa: ANN401 - any value of a config
    if isinstance(axis, Choice):
        return axis.values[min(int(place * len(axis.values)), len(axis.values) - 1)]
    # A whole number owns the half unit on either side of it.
    low, high = (axis.low - 0.5, axis.high + 0.5) if axis.is_int else (axis.low, axis.high)
    if axis.log:
        low = max(low, 0.5) if axis.is_int else low  # 1 owns (0.5, 1.5)
        value = math.exp(math.log(low) + place * (math.log(high) - math.log(low)))
    else:
        value = low + place * (high - low)
    inside = min(max(value, axis.low), axis.high)
    return round(inside) if axis.is_int else inside


def sampler_of(definition: Definition, arm: Arm, number: int) -> BaseSampler:
    """Make the sampler of one proposal."""
    name = zlib.crc32(arm.name.encode())
    seed = int(stream(definition.seed, "proposal", name, number).integers(2**31))
    with warnings.catch_warnings():
        # What is experimental (multivariate, constant_liar) is Optuna 5's own default.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if definition.protocol == "cmaes":
            return CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return TPESampler(seed=seed)


def suggest(trial: Trial, space: Space) -> Values:
    """Draw (or recall) a trial's value on every axis."""
    values: Values = {}
    for key, axis in space.items():
        distribution = _distribution(axis)
        if isinstance(distribution, CategoricalDistribution):
            values[key] = _uncategory(trial.suggest_categorical(key, distribution.choices), axis)
        elif isinstance(distribution, IntDistribution):
            ends = distribution.low, distribution.high
            values[key] = trial.suggest_int(key, *ends, log=distribution.log)
        else:
            ends_ = distribution.low, distribution.high
            values[key] = trial.suggest_float(key, *ends_, log=distribution.log)
    return values


def _distribution(axis: Axis) -> CategoricalDistribution | IntDistribution | FloatDistribution:
    """Give Optuna's distribution of an axis."""
    if isinstance(axis, Choice):
        if axis.grows:  # wide enough for any extension: a study's ranges must hold its values
            return FloatDistribution(axis.values[0] * 1e-12, axis.values[-1] * 1e12, log=True)
        return CategoricalDistribution([_category(value) for value in axis.values])
    if axis.is_int:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def frozen_trial(
    space: Space, values: Mapping[str, Any], *, state: TrialState, score: float | None = None
) -> FrozenTrial:
    """Make a trial of known values, as proposed or as the records have it."""
    params = {
        key: _category(values[key]) if isinstance(space[key], Choice) else values[key]
        for key in space
    }
    return create_trial(
        state=state,
        value=score,
        params=params,
        distributions={key: _distribution(axis) for key, axis in space.items()},
    )


def setting_of(trial: FrozenTrial, space: Space) -> Values:
    """Read a trial's setting."""
    return {key: _uncategory(trial.params[key], axis) for key, axis in space.items()}


def _category(value: Any) -> Any:  # noqa: ANN401 - any value of a config
    """Write a value as Optuna stores categories: a list becomes its JSON."""
    return json.dumps(value) if isinstance(value, list) else value


def _uncategory(chosen: Any, axis: Axis) -> Any:  # noqa: ANN401 - as above
    if not isinstance(axis, Choice) or axis.grows:
        return chosen
    return next(value for value in axis.values if _category(value) == chosen)
