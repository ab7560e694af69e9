"""The interface by which every way of training is timed.

A way trains in turns: each call of its `Turn` continues the training and returns the time taken.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """The time, the number of steps and the last loss of a turn."""

    seconds: float
    n_steps: int
    """Number of steps of all members together."""
    loss: float
    """Mean train loss of the last step; 0 for a way without a loss."""

    @property
    def us(self) -> float:
        """Return the microseconds per step and member."""
        return 1e6 * self.seconds / self.n_steps


Turn = Callable[[float], Taken]
"""Function that continues training for about the given seconds (for 0, as little as possible), and
returns the time taken."""

Steps = Iterator[tuple[int, float]]
"""Training without end; each item is the number of steps just taken, of all members together, and
the last train loss."""


def turns(steps: Steps, clock: Callable[[], float]) -> Turn:
    """Return a function that continues a training without end in timed turns.

    Args:
        steps: The training.
        clock: Function that returns seconds.

    Returns:
        The function; it raises FloatingPointError if the last loss of a turn is not finite.
    """

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
