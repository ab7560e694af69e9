"""What workers take from a sweep's agenda: single runs, and units of runs that stay together."""

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
        """The run's."""
        return self.row.run_id


Unit = Sequence[Planned]
"""What one worker takes as a whole: a tuned setting's runs, or one run of confirm."""
