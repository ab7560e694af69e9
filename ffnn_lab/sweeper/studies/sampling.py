"""Make Optuna's distributions, samplers and pruners from the axes and options of a sweep."""

import json
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

import optuna
from optuna import pruners, samplers
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from ffnn_lab.definition import Arm, Definition
from ffnn_lab.protocols import Protocol, Search, Values
from ffnn_lab.protocols.growth import growth_range
from ffnn_lab.protocols.space import Axis, Choice, Space
from ffnn_lab.pruners import PRUNERS
from ffnn_lab.seeds import stream


def sampler_of(protocol: Protocol, search: Search, number: int) -> samplers.BaseSampler:
    """Make the sampler of one proposal.

    The sampler's random seed depends on the seed of the search, the arm and the proposal's number.

    Args:
        protocol: The protocol, which names the sampler's class.
        search: The search of the arm.
        number: The number of the proposal, which is that of the setting.
    """
    rng = stream(search.seed, "proposal", zlib.crc32(search.arm.encode()), number)
    sampler = getattr(samplers, protocol.sampler or "TPESampler")
    with warnings.catch_warnings():
        # What is experimental (multivariate, constant_liar) is Optuna 5's own default.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        made: samplers.BaseSampler = sampler(seed=int(rng.integers(2**31)), **protocol.arguments)
    return made


def pruner_of(definition: Definition, arm: Arm) -> pruners.BasePruner:
    """Make the pruner of an arm's study, whose steps are epochs.

    If the sweep has no pruner, the result is a pruner that stops nothing.
    """
    chosen = definition.pruner
    if chosen is None:
        return pruners.NopPruner()
    option = PRUNERS[chosen.name]
    made: pruners.BasePruner = getattr(pruners, option.pruner)(
        **option.arguments(chosen, _longest(arm))
    )
    return made


def _longest(arm: Arm) -> int:
    """Return the most epochs that a setting of an arm can have."""
    axis = arm.space.get("trainer.max_epochs")
    ends = axis.values if isinstance(axis, Choice) else (axis.high,) if axis is not None else ()
    return int(max(ends, default=arm.config.trainer.max_epochs))


def suggest(trial: Trial, space: Space) -> Values:
    """Draw a trial's value on every axis; a value that was drawn before is returned again."""
    values: Values = {}
    for key, axis in space.items():
        distribution = _distribution(axis)
        if isinstance(distribution, CategoricalDistribution):
            values[key] = from_stored(trial.suggest_categorical(key, distribution.choices), axis)
        elif isinstance(distribution, IntDistribution):
            ends = distribution.low, distribution.high
            values[key] = trial.suggest_int(key, *ends, log=distribution.log)
        else:
            ends_ = distribution.low, distribution.high
            values[key] = trial.suggest_float(key, *ends_, log=distribution.log)
    return values


def running_trial(space: Space, values: Mapping[str, Any]) -> FrozenTrial:
    """Make a running trial whose values are known.

    Args:
        space: The axes, by key.
        values: The value on each axis.
    """
    distributions: dict[str, BaseDistribution] = {
        key: _distribution(axis) for key, axis in space.items()
    }
    return create_trial(
        state=TrialState.RUNNING,
        params={key: to_stored(values[key], axis) for key, axis in space.items()},
        distributions=distributions,
    )


def _distribution(axis: Axis) -> CategoricalDistribution | IntDistribution | FloatDistribution:
    """Return Optuna's distribution of an axis."""
    if isinstance(axis, Choice):
        if axis.grows:
            return FloatDistribution(*growth_range(axis), log=True)
        return CategoricalDistribution([_category(value) for value in axis.values])
    if axis.is_int:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def to_stored(value: Any, axis: Axis) -> Any:  # noqa: ANN401 - any value of a config
    """Convert a value of an axis to what Optuna stores."""
    return _category(value) if isinstance(axis, Choice) else value


def from_stored(stored: Any, axis: Axis) -> Any:  # noqa: ANN401 - any value of a config
    """Convert what Optuna stores to the value of an axis."""
    if not isinstance(axis, Choice) or axis.grows:
        return stored
    return next(value for value in axis.values if _category(value) == stored)


def _category(value: Any) -> Any:  # noqa: ANN401 - any value of a config
    """Convert a value to a category that Optuna can store: a list becomes its JSON."""
    return json.dumps(value) if isinstance(value, list) else value
