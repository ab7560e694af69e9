"""The config class that all schedules share; ``ffnn_lab/schedules`` has its subclasses."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class ScheduleConfig:
    """Config of a schedule, which multiplies ``optimizer.lr`` by a factor for each epoch."""

    name: str
