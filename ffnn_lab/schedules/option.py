"""The interface of a schedule: its config class, its first state, and the update of the state."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ffnn_lab.config.groups import Choice
from ffnn_lab.registry import View


@dataclass(frozen=True)
class ScheduleState:
    """The state of a member's schedule from epoch to epoch."""

    factor: float = 1.0
    """Factor that multiplies ``optimizer.lr`` during the coming epoch."""
    best_dev_loss: float = math.inf
    bad_epochs: int = 0
    """Number of epochs in a row without a new lowest dev loss, since the last decay."""

    def scaled(self, delta: float) -> "ScheduleState":
        """Return the state with the factor multiplied by ``delta``."""
        return dataclasses.replace(self, factor=self.factor * delta)


@dataclass(frozen=True)
class Progress:
    """The progress of a member after an epoch, on which its schedule may depend."""

    epoch: int
    """Number of epochs done, at least 1."""
    max_epochs: int
    """Number of epochs that the member will train for, in all."""
    dev_loss: float
    """The mean dev loss after the epoch; NaN where dev was not evaluated."""


def at_the_full_rate(_config: object, _max_epochs: int) -> ScheduleState:
    """Return the first state of most schedules, whose factor is 1."""
    return ScheduleState()


@dataclass(frozen=True, kw_only=True, eq=False)
class Schedule(Choice):
    """A schedule: in each epoch, a factor multiplies the ``optimizer.lr`` of each member."""

    kind: ClassVar[str] = "schedule"
    start: Callable[[Any, int], ScheduleState] = at_the_full_rate
    """Function of (the schedule's config, the number of epochs that the member will train for, in
    all) that returns the state for the first epoch."""
    advance: Callable[[Any, ScheduleState, Progress], ScheduleState]
    """Function of (the schedule's config, the state, the progress) that returns the state for the
    next epoch."""
    needs_dev_loss: bool = False
    """True if ``advance`` reads the dev loss, so that every epoch must be evaluated."""


SCHEDULES = View(Schedule)
"""All schedules, by name."""
