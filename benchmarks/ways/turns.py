"""The interface by which every way of training is timed."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """The time of some training."""

    seconds: float
    n_steps: int
    """Number of steps of all members together."""
    loss: float
    """Mean train loss of the last step; 0 for a way without a loss."""

    @property
    def us(self) -> float:
        """Return microseconds per step and member."""
        return 1e6 * self.seconds / self.n_steps


Turn = Callable[[float], Taken]
"""Function that continues training for about the given seconds, or as little as it can for 0."""

Steps = Iterator[tuple[int, float]]
"""Endless training; each item is the number of members' steps just taken, and the last loss."""


def turns(steps: Steps, clock: Callable[[], float]) -> Turn:
    """Return a function that continues an endless training in timed turns."""

    def turn(seconds: float) -> Taken:
        n_steps, taken, loss = 0, 0.0, math.nan
        started = clock()
        while n_steps == 0 or taken < seconds:
            n_done, loss = next(steps)
            n_steps += n_done
            taken = clock() - started
        if not math.isfinite(loss):
            msg = "a network diverged, and what it took says nothing"
            raise FloatingPointError(msg)
        return Taken(taken, n_steps, loss)

    return turn
