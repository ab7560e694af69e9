"""The constant schedule: the learning rate never changes."""

from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


def constant(_config: ScheduleConfig, state: ScheduleState, _progress: Progress) -> ScheduleState:
    """Return the state unchanged, with a factor of 1."""
    return state


register(Schedule(name="constant", order=0, config=ScheduleConfig, advance=constant))
