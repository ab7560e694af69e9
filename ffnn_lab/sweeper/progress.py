"""How far a sweep is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a sweep is; a run that serves two arms counts twice."""

    n_done: Mapping[str, int]
    """Runs recorded, by stage."""
    n_asked: Mapping[str, int]
    """Runs asked for so far, or sure to be, by stage."""
    best: Mapping[str, float]
    """The lowest tuning score of each arm that has one."""
