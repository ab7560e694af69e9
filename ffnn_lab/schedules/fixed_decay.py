"""The schedule that decays the learning rate at a fixed frequency."""

from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class FixedDecayConfig(ScheduleConfig):
    """Config of a decay by the factor ``delta`` every ``every_epochs`` epochs."""

    delta: float = ranged("(0, 1]")
    """Factor by which each decay multiplies the learning rate."""
    every_epochs: int = ranged("[1, inf)")
    """Number of epochs from one decay to the next."""


def fixed_decay(
    config: FixedDecayConfig, state: ScheduleState, progress: Progress
) -> ScheduleState:
    """Multiply the factor by ``delta`` every ``every_epochs`` epochs, as torch's ``StepLR``."""
    is_due = progress.epoch % config.every_epochs == 0
    return state.scaled(config.delta) if is_due else state


register(Schedule(name="fixed_decay", order=1, config=FixedDecayConfig, advance=fixed_decay))
