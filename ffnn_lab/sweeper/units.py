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


def setting_ends(runs: Sequence[Planned]) -> list[int]:
    """Return the counts of runs after which a row of runs may be cut, and no setting is split.

    Runs of confirm stand for themselves.

    Args:
        runs: Planned runs; those of a tuned setting follow one another.
    """
    keys = [
        (
            p.row.replicate,
            p.row.arm,
            p.row.setting,
            p.row.seed if p.row.stage == "confirm" else None,
        )
        for p in runs
    ]
    pairs = zip(keys, [*keys[1:], None], strict=False)
    return [place for place, (own, following) in enumerate(pairs, start=1) if own != following]
