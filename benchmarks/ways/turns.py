"""The interface by which every way of training is timed."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """The time of some training."""

    seconds: float
    n_steps: int
    """Of all members together."""
    loss: float
    """Mean train loss of the last step; 0 of a way that does not tell."""

    @property
    def us(self) -> float:
        """Return microseconds per step and member."""
        return 1e6 * self.seconds / self.n_steps


Turn = Callable[[float], Taken]
"""Trains for about so many seconds, for 0 as little as it can, and goes on where it was left."""

Steps = Iterator[tuple[int, float]]
"""Trains without end; tells each time how many steps of members it did, and the last's loss."""


def turns(steps: Steps, clock: Callable[[], float]) -> Turn:
    """Make turns of an endless training."""

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
