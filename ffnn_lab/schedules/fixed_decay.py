"""The schedule that decays at a fixed frequency."""

from dataclasses import dataclass

from ffnn_lab.config.fields import ranged
from ffnn_lab.config.schedule import ScheduleConfig
from ffnn_lab.registry import register
from ffnn_lab.schedules.option import Progress, Schedule, ScheduleState


@dataclass(kw_only=True)
class FixedDecayConfig(ScheduleConfig):
    """Decay at a fixed frequency: multiply by ``delta`` every ``every_epochs`` epochs."""

    delta: float = ranged("(0, 1]")
    """Factor of the learning rate at each decay."""
    every_epochs: int = ranged("[1, inf)")
    """Epochs from one decay to the next."""


def fixed_decay(
    config: FixedDecayConfig, state: ScheduleState, progress: Progress
) -> ScheduleState:
    """Multiply the factor by ``delta`` after every ``every_epochs`` epochs; as ``StepLR``."""
    is_due = progress.epoch % config.every_epochs == 0
    return state.scaled(config.delta) if is_due else state


register(Schedule(name="fixed_decay", order=1, config=FixedDecayConfig, advance=fixed_decay))
