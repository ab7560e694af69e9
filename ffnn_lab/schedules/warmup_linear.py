"""The schedule with a linear warm-up of the learning rate and a linear decay after it."""

import dataclasses
from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class WarmupLinearConfig(ScheduleConfig):
    """Config of a linear rise to ``optimizer.lr``, and a linear fall to ``final_fraction``."""

    warmup_fraction: float = ranged("[0, 1)")
    """Share of ``trainer.max_epochs`` during which the learning rate rises."""
    final_fraction: float = ranged("[0, 1]")
    """Share of ``optimizer.lr`` to which the learning rate falls at the end."""


def start(config: WarmupLinearConfig, max_epochs: int) -> ScheduleState:
    """Return the state for the first epoch, whose factor is that of `factor_in`."""
    return ScheduleState(factor=factor_in(1, config, max_epochs))


def warmup_linear(
    config: WarmupLinearConfig, state: ScheduleState, progress: Progress
) -> ScheduleState:
    """Return the state with the factor of the epoch after those done; see `factor_in`."""
    factor = factor_in(progress.epoch + 1, config, progress.max_epochs)
    return dataclasses.replace(state, factor=factor)


def factor_in(epoch: int, config: WarmupLinearConfig, max_epochs: int) -> float:
    """Compute the factor of the learning rate in an epoch.

    Of ``E`` epochs, the first ``w = warmup_fraction * E`` are the warm-up. The factor runs on a
    straight line from 0 in epoch 0, before the training, to 1 in epoch ``w + 1``, and on another
    line from there to ``final_fraction`` in epoch ``E + 1``, which would follow the last one. So
    no epoch has a factor of 0 unless it should, and without a warm-up the first factor is 1. If
    ``w`` is not a whole number, the peak of 1 lies between two epochs, and none reaches it.

    Args:
        epoch: The epoch, the first of which is 1.
        config: The schedule's config.
        max_epochs: The number ``E`` of epochs.

    Source:
        The warm-up: Goyal et al. (2017), "Accurate, large minibatch SGD", section 2.2, who
        raise the rate after each step, over five epochs. The linear decay after a warm-up: Devlin
        et al. (2019), "BERT", appendix A.2. Here the factor changes between epochs only.
    """
    n_warmup = config.warmup_fraction * max_epochs
    rise = epoch / (n_warmup + 1)
    fall = (1 - config.final_fraction) * (epoch - n_warmup - 1) / (max_epochs - n_warmup)
    return min(rise, 1 - fall)


register(
    Schedule(
        name="warmup_linear",
        order=4,
        config=WarmupLinearConfig,
        start=start,
        advance=warmup_linear,
    )
)
