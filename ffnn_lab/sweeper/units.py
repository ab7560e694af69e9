"""Planned runs, and units of runs that one worker takes together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ffnn_lab.config import RunConfig, partition_key, run_id, settle_sources, with_values
from ffnn_lab.definition import Arm
from ffnn_lab.records import TrialRow


@dataclass(frozen=True)
class Planned:
    """One run that a stage needs: its row of ``trials``, its config and its partition."""

    row: TrialRow
    config: RunConfig
    partition: str
    """The run's `partition_key`: runs of equal keys can be trained together."""

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return self.row.run_id


Unit = Sequence[Planned]
"""Runs that one worker takes together: all runs of a setting of the tune stage, or a single run of
confirm."""


def plan_unit(
    stage: str,
    arm: Arm,
    setting: int,
    values: Mapping[str, Any],
    seeds: Sequence[int],
    *,
    replicate: int,
    edges: str = "",
) -> Unit:
    """Plan the runs of a setting, one for each seed.

    Args:
        stage: ``tune`` or ``confirm``.
        arm: The arm of the setting, with the split of the replicate.
        setting: The setting's number, or `ffnn_lab.records.DEFAULT_SETTING`.
        values: The setting's value on each axis.
        seeds: The seeds of the runs.
        replicate: The replicate's number.
        edges: The axes on whose edges the setting lies, see `TrialRow`.
    """
    unit = []
    for seed in seeds:
        config = settle_sources(with_values(arm.config, {**values, "seed": seed}))
        row = TrialRow(stage, arm.name, setting, seed, run_id(config), edges, replicate)
        unit.append(Planned(row, config, partition_key(config)))
    return unit


def setting_ends(runs: Sequence[Planned]) -> list[int]:
    """Return the positions at which a list of runs can be cut without splitting a setting.

    Runs of confirm can be cut from each other, even those of one setting.

    Args:
        runs: Planned runs; those of a setting of the tune stage follow one another.
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
