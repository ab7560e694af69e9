"""The region in which an effect lies if a claim is true."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """All effects strictly between two ends, which may be infinite."""

    low: float
    high: float

    @classmethod
    def above(cls, margin: float) -> "Region":
        """Return the region of effects greater than a margin."""
        return cls(margin, math.inf)

    @classmethod
    def below(cls, margin: float) -> "Region":
        """Return the region of effects less than a margin."""
        return cls(-math.inf, margin)

    @classmethod
    def within(cls, margin: float) -> "Region":
        """Return the region of effects nearer to 0 than a margin."""
        return cls(-margin, margin)

    def has(self, effect: float) -> bool:
        """Return True if an effect lies in the region."""
        return self.low < effect < self.high

    @property
    def ends(self) -> tuple[float, ...]:
        """The finite ends."""
        return tuple(end for end in (self.low, self.high) if math.isfinite(end))

    def distance(self, effect: float) -> float:
        """Return the distance of an effect from the nearest end of the region."""
        return min(abs(effect - end) for end in (self.low, self.high))
