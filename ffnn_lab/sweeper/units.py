"""Planned runs, and units of runs that one worker takes together."""

from collections.abc import Sequence
from dataclasses import dataclass

from ffnn_lab.config import RunConfig
from ffnn_lab.records import TrialRow


@dataclass(frozen=True)
class Planned:
    """One run that a stage needs, and where it belongs."""

    row: TrialRow
    config: RunConfig
    partition: str

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return self.row.run_id


Unit = Sequence[Planned]
"""Runs that one worker takes together: all of a tuned setting, or one of confirm."""
