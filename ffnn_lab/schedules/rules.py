"""The rules: constant, decay at a fixed frequency, cosine, decay by the dev set."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

from ffnn_lab.config import ScheduleConfig
from ffnn_lab.config.schedule import (
    ConstantScheduleConfig,
    CosineConfig,
    DevDecayConfig,
    FixedDecayConfig,
)


@dataclass(frozen=True)
class ScheduleState:
    """What a member's schedule remembers from epoch to epoch."""

    factor: float = 1.0
    """Multiplies ``optimizer.lr`` during the coming epoch."""
    best_dev_loss: float = math.inf
    bad_epochs: int = 0
    """Epochs in a row without a new best, since the last decay."""


Rule = Callable[[ScheduleConfig, ScheduleState, int, int, float], ScheduleState]
"""(config, state, epochs done, max_epochs, dev loss) to the state for the next epoch."""


def constant(
    _config: ScheduleConfig, state: ScheduleState, _epoch: int, _max: int, _loss: float
) -> ScheduleState:
    """Leave the factor at 1."""
    return state


def fixed_decay(
    config: ScheduleConfig, state: ScheduleState, epoch: int, _max: int, _loss: float
) -> ScheduleState:
    """Multiply by ``delta`` after every ``every_epochs`` epochs; as ``StepLR``."""
    assert isinstance(config, FixedDecayConfig)  # noqa: S101 - the table pairs them
    is_due = epoch % config.every_epochs == 0
    return dataclasses.replace(state, factor=state.factor * (config.delta if is_due else 1))


def cosine(
    config: ScheduleConfig, state: ScheduleState, epoch: int, max_epochs: int, _loss: float
) -> ScheduleState:
    """Follow half a cosine down to ``final_fraction``; as ``CosineAnnealingLR``.

    Source:
        Loshchilov and Hutter (2017), "SGDR", Eq. 5, without restarts and by whole epochs.
    """
    assert isinstance(config, CosineConfig)  # noqa: S101 - as above
    wave = (1 + math.cos(math.pi * epoch / max_epochs)) / 2
    factor = config.final_fraction + (1 - config.final_fraction) * wave
    return dataclasses.replace(state, factor=factor)


def dev_decay(
    config: ScheduleConfig, state: ScheduleState, _epoch: int, _max: int, dev_loss: float
) -> ScheduleState:
    """Multiply by ``delta`` when ``patience`` epochs in a row bring no new best dev loss.

    As ``ReduceLROnPlateau(factor=delta, patience=patience - 1, threshold=0)``.

    Source:
        Wilson et al. (2017), section 4, who use a patience of 1.
    """
    assert isinstance(config, DevDecayConfig)  # noqa: S101 - as above
    if dev_loss < state.best_dev_loss:
        return dataclasses.replace(state, best_dev_loss=dev_loss, bad_epochs=0)
    if state.bad_epochs + 1 < config.patience:
        return dataclasses.replace(state, bad_epochs=state.bad_epochs + 1)
    return dataclasses.replace(state, factor=state.factor * config.delta, bad_epochs=0)


RULES: dict[type[ScheduleConfig], Rule] = {
    ConstantScheduleConfig: constant,
    FixedDecayConfig: fixed_decay,
    CosineConfig: cosine,
    DevDecayConfig: dev_decay,
}


def advance(
    config: ScheduleConfig, state: ScheduleState, *, epoch: int, max_epochs: int, dev_loss: float
) -> ScheduleState:
    """Settle the schedule after an epoch.

    Args:
        config: The member's schedule.
        state: What it remembers.
        epoch: Epochs done, from 1.
        max_epochs: Epochs the member will train for.
        dev_loss: Mean dev loss after the epoch; NaN where dev was not evaluated.
    """
    return RULES[type(config)](config, state, epoch, max_epochs, dev_loss)
