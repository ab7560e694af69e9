"""How settings are proposed: one Optuna study per arm, each proposal a function of its past.

Grids, ``random`` and ``qmc`` compute the setting of a number; ``tpe`` and ``cmaes`` ask a sampler
that lives for one proposal, seeded by study, arm and number. So a sweep that was interrupted
proposes what it would have proposed, and no proposal is repeated.
"""

import json
import math
import warnings
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import BaseSampler, CmaEsSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from ffnn_lab.definition import SAMPLED, Arm, Axis, Choice, Definition, Space
from ffnn_lab.scores import Standing
from ffnn_lab.seeds import stream
from ffnn_lab.sweeper.growth import Values, extension, growth_range


def ask(
    study: optuna.Study,
    definition: Definition,
    arm: Arm,
    known: Sequence[Values],
    *,
    standing: Standing | None,
) -> Values | None:
    """Ask for the arm's next setting, and note in its study that it is being tried.

    Needs the sweep's lock: what is proposed depends on what was.

    Args:
        study: The arm's.
        definition: The sweep.
        arm: The arm.
        known: The settings that the study has, in the order of their numbers; a study would walk
            through all of its trials to tell them, at every setting more.
        standing: How the settings of a grid that grows stand, where all of them are scored.

    Returns:
        The setting; None when there is nothing to ask for now.
    """
    number = len(known)
    if definition.protocol.name in SAMPLED:
        if number >= definition.n_settings_of(arm):
            return None
        study.sampler = sampler_of(definition, arm, number)
        return _suggest(study.ask(), arm.space)
    values = _following(definition, arm, known, standing)
    if values is not None:
        begin(study, arm, values)
    return values


def begin(study: optuna.Study, arm: Arm, values: Values) -> None:
    """Add a trial of known values; it is there whole or not at all."""
    study.add_trial(frozen_trial(arm.space, values))


def setting_of(
    study: optuna.Study,
    definition: Definition,
    arm: Arm,
    trial: FrozenTrial,
    recorded: Values | None = None,
) -> Values:
    """Give a trial's setting; one that was cut off while it was asked for is completed.

    Needs the sweep's lock.

    Args:
        study: The arm's.
        definition: The sweep.
        arm: The arm.
        trial: One of the study's.
        recorded: What the records say that the setting was, if they have it.
    """
    if set(trial.params) == set(arm.space):
        return {key: _uncategory(trial.params[key], axis) for key, axis in arm.space.items()}
    if recorded is not None:
        fixed = {key: _stored(recorded[key], axis) for key, axis in arm.space.items()}
        study._storage.set_trial_system_attr(trial._trial_id, "fixed_params", fixed)  # noqa: SLF001
    study.sampler = sampler_of(definition, arm, trial.number)
    known = Trial(study, trial._trial_id)  # noqa: SLF001 - no public way back
    return _suggest(known, arm.space)


def _following(
    definition: Definition, arm: Arm, known: Sequence[Values], standing: Standing | None
) -> Values | None:
    """Give the setting that comes after those known, if it is settled."""
    number, n_asked = len(known), definition.n_settings_of(arm)
    if definition.protocol.name in ("grid", "grid_until_interior") and number < n_asked:
        n_points = math.prod(len(a.values) for a in arm.space.values() if isinstance(a, Choice))
        return _first_grid(definition, arm, number, n_draws=n_asked // n_points)
    if definition.protocol.name == "grid_until_interior":
        return extension(definition, arm, known, standing)
    if number >= n_asked:
        return None
    if definition.protocol.name == "random" and all(
        isinstance(a, Choice) for a in arm.space.values()
    ):
        # All values are listed: each combination once, in a random order.
        n_points = math.prod(len(a.values) for a in arm.space.values() if isinstance(a, Choice))
        rng = stream(definition.protocol.seed, "proposal", zlib.crc32(arm.name.encode()))
        return _first_grid(definition, arm, int(rng.permutation(n_points)[number]), n_draws=1)
    place = _sobol if definition.protocol.name == "qmc" else _uniform
    return _from_unit(arm.space, place(definition, arm, number, len(arm.space)))


def _first_grid(definition: Definition, arm: Arm, number: int, *, n_draws: int) -> Values:
    """Give a point of the grid before it grows, the last axis fastest.

    Each point of the finite axes meets the same draws on the intervals.
    """
    free = {key: axis for key, axis in arm.space.items() if not isinstance(axis, Choice)}
    axes = {key: axis.values for key, axis in arm.space.items() if isinstance(axis, Choice)}
    place, draw = divmod(number, n_draws)
    values = _from_unit(free, _uniform(definition, arm, draw, len(free)))
    for key, options in reversed(axes.items()):
        place, at = divmod(place, len(options))
        values[key] = options[at]
    return {key: values[key] for key in arm.space}


def _uniform(definition: Definition, arm: Arm, number: int, n_axes: int) -> list[float]:
    rng = stream(definition.protocol.seed, "proposal", zlib.crc32(arm.name.encode()), number)
    return [float(number) for number in rng.random(n_axes)]


def _sobol(definition: Definition, arm: Arm, number: int, n_axes: int) -> list[float]:
    """Give the point of that number of a scrambled Sobol sequence (Owen 1998, as in scipy)."""
    from scipy.stats import qmc  # noqa: PLC0415 - most of a second of import

    rng = stream(definition.protocol.seed, "proposal", zlib.crc32(arm.name.encode()))
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
    seed = int(stream(definition.protocol.seed, "proposal", name, number).integers(2**31))
    with warnings.catch_warnings():
        # What is experimental (multivariate, constant_liar) is Optuna 5's own default.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if definition.protocol.name == "cmaes":
            return CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return TPESampler(seed=seed)


def pruner_of(definition: Definition, arm: Arm) -> BasePruner:
    """Make the pruner of an arm's study; its steps are epochs."""
    chosen = definition.pruner
    if chosen is None:
        return NopPruner()
    floor, factor = chosen.min_epochs, chosen.reduction_factor
    if chosen.name == "median":
        return MedianPruner(n_startup_trials=chosen.n_startup_trials, n_warmup_steps=floor)
    if chosen.name == "successive_halving":
        return SuccessiveHalvingPruner(min_resource=floor, reduction_factor=factor)
    axis = arm.space.get("trainer.max_epochs")
    ends = axis.values if isinstance(axis, Choice) else (axis.high,) if axis is not None else ()
    longest = int(max(ends, default=arm.config.trainer.max_epochs))
    return HyperbandPruner(min_resource=floor, max_resource=longest, reduction_factor=factor)


def _suggest(trial: Trial, space: Space) -> Values:
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
        if axis.grows:
            return FloatDistribution(*growth_range(axis), log=True)
        return CategoricalDistribution([_category(value) for value in axis.values])
    if axis.is_int:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def frozen_trial(space: Space, values: Mapping[str, Any]) -> FrozenTrial:
    """Make a trial of known values that is being tried."""
    return create_trial(
        state=TrialState.RUNNING,
        params={key: _stored(values[key], axis) for key, axis in space.items()},
        distributions={key: _distribution(axis) for key, axis in space.items()},
    )


def _stored(value: Any, axis: Axis) -> Any:  # noqa: ANN401 - any value of a config
    """Write an axis' value as Optuna stores it."""
    return _category(value) if isinstance(axis, Choice) else value


def _category(value: Any) -> Any:  # noqa: ANN401 - any value of a config
    """Write a value as Optuna stores categories: a list becomes its JSON."""
    return json.dumps(value) if isinstance(value, list) else value


def _uncategory(chosen: Any, axis: Axis) -> Any:  # noqa: ANN401 - as above
    if not isinstance(axis, Choice) or axis.grows:
        return chosen
    return next(value for value in axis.values if _category(value) == chosen)
