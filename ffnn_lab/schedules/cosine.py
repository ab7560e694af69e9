"""The cosine schedule: the learning rate falls along half a cosine over all epochs."""

import dataclasses
import math
from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class CosineConfig(ScheduleConfig):
    """Config of half a cosine from 1 down to ``final_fraction``, over ``trainer.max_epochs``."""

    final_fraction: float = ranged("[0, 1]")
    """Share of ``optimizer.lr`` to which the learning rate falls at the end."""


def cosine(config: CosineConfig, state: ScheduleState, progress: Progress) -> ScheduleState:
    """Return the state with a factor on half a cosine, which falls to ``final_fraction``.

    The factors are those of torch's ``CosineAnnealingLR``.

    Source:
        Loshchilov and Hutter (2017), "SGDR", Eq. 5, without restarts and by whole epochs.
    """
    wave = (1 + math.cos(math.pi * progress.epoch / progress.max_epochs)) / 2
    factor = config.final_fraction + (1 - config.final_fraction) * wave
    return dataclasses.replace(state, factor=factor)


register(Schedule(name="cosine", order=2, config=CosineConfig, advance=cosine))
