"""Starts must be those of the tune stage, and those near chance or diverged count as failed."""

from pathlib import Path

import pytest

from ffnn_lab.report.measures.starts import relative_spread, starts_table
from tests.support.report.builders import CHANCE
from tests.support.report.starts_builders import Ended, make_starts


def ended(_arm: str, gain: float, seed: int, _replicate: int) -> Ended:
    """Return ends of which seed 3 diverged, and all runs at gain 0 stay at chance."""
    if seed == 3:
        return None
    return (2.3, CHANCE) if gain == 0 else (0.1 + 0.1 * seed, 0.79 * CHANCE)


def test_starts_are_told_by_arm_gain_and_seed(tmp_path: Path) -> None:
    starts = starts_table(make_starts(tmp_path, ended, n_replicates=2))
    assert len(starts) == 2 * 2 * 2 * 4
    learned = starts[~starts["has_failed"]]
    assert set(learned["gain"]) == {1.0}
    assert learned["loss"].round(12).tolist() == [0.1, 0.2, 0.3] * 4
    diverged = starts[starts["status"] == "diverged"]
    assert diverged["has_failed"].all()
    assert (diverged["loss"] == float("inf")).all()
    assert starts[starts["gain"] == 0]["has_failed"].all()


def test_a_spread_is_relative_to_the_lowest_loss() -> None:
    assert relative_spread([0.2, 0.5, 0.3]) == pytest.approx(1.5)
    assert relative_spread([0.2]) == 0.0
