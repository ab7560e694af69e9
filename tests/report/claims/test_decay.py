"""The claims on schedules must compare the arms that they name, in the direction they claim."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ffnn_lab.report.claims import CLAIMS
from tests.support.report.arm_builders import (
    Built,
    all_ended,
    make_arm_sweep,
    verdicts_of,
    wobbly_six,
)

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"


@pytest.mark.parametrize(
    ("dev", "helps", "as_good"),
    [
        (wobbly_six(0.03, 0.0005), TRUE, TRUE),
        (wobbly_six(0.05, 0.0005), FALSE, FALSE),
        (wobbly_six(0.039, 0.02), UNDECIDED, UNDECIDED),
        (wobbly_six(0.042, 0.0005), FALSE, TRUE),
    ],
)
def test_schedules(tmp_path: Path, dev: Sequence[float], helps: str, as_good: str) -> None:
    """Without a decay the error is 4%, and with fixed decay 4.5%."""
    errors = {"none": wobbly_six(0.04), "fixed": wobbly_six(0.045), "dev": dev}
    arms = {name: Built(tuned=all_ended(each)) for name, each in errors.items()}
    sweep = make_arm_sweep(tmp_path, arms, n_of_replicate=1)
    assert verdicts_of(CLAIMS["decay_dev_helps"], sweep) == {"none - dev": helps}
    assert verdicts_of(CLAIMS["decay_dev_as_good"], sweep) == {"dev - fixed": as_good}
