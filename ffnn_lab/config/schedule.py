"""The config that all schedules share; each file in ``ffnn_lab/schedules`` adds to it."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class ScheduleConfig:
    """Fields of every schedule, which multiplies ``optimizer.lr`` by a factor for each epoch."""

    name: str
