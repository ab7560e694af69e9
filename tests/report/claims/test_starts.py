"""The claims on starts must get the verdict that the ends of their runs were made for."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ffnn_lab.report.claims import CLAIMS
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, UnfinishedError
from ffnn_lab.report.claims.measures.starts import spread_with_hidden_layer
from tests.support.report.arm_builders import verdicts_of, wobbly_six
from tests.support.report.builders import CHANCE
from tests.support.report.starts_builders import Ended, make_starts

TRUE, FALSE, UNDECIDED = "supported", "contradicted", "inconclusive"
CONVEX, NONCONVEX = CLAIMS["convex_one_loss"], CLAIMS["nonconvex_losses"]


@pytest.mark.parametrize(
    ("spreads", "verdict"),
    [
        (wobbly_six(1e-9, 1e-10), TRUE),
        ([0.0] * 6, TRUE),  # equal to the last bit: the sign test decides
        (wobbly_six(0.001, 0.0001), FALSE),
        (wobbly_six(0.0001, 0.0001), UNDECIDED),
    ],
)
def test_one_loss(tmp_path: Path, spreads: Sequence[float], verdict: str) -> None:
    """One start of each replicate ends higher, and it is one with another gain."""

    def ended(arm: str, gain: float, seed: int, replicate: int) -> Ended:
        is_last = arm == "linear" and (gain, seed) == (0.0, 3)
        return 0.2 * (1 + spreads[replicate] * is_last), 0.0

    assert verdicts_of(CONVEX, make_starts(tmp_path, ended)) == {"linear": verdict}


@pytest.mark.parametrize(
    ("spreads", "verdict"),
    [
        (wobbly_six(0.05, 0.01), TRUE),
        ([1e-9] * 6, FALSE),
        (wobbly_six(0.005, 0.0005), FALSE),
        (wobbly_six(0.011, 0.005), UNDECIDED),
    ],
)
def test_several_losses(tmp_path: Path, spreads: Sequence[float], verdict: str) -> None:
    """Starts at another gain, and those that failed, have losses far away and do not count."""

    def ended(_arm: str, gain: float, seed: int, replicate: int) -> Ended:
        if seed == 3:
            return (2.3, CHANCE) if replicate % 2 else None
        return (0.2 * (1 + spreads[replicate] * seed / 2) if gain == 1 else 1.0), 0.0

    assert verdicts_of(NONCONVEX, make_starts(tmp_path, ended)) == {"mlp": verdict}


def test_a_sweep_without_such_arms_says_what_it_lacks(tmp_path: Path) -> None:
    def ended(*_: object) -> Ended:
        return 0.1, 0.0

    linear = Evidence(make_starts(tmp_path / "linear", ended, n_replicates=1, arms=["linear"]))
    with pytest.raises(MissingEvidenceError, match="no arm with a hidden layer"):
        NONCONVEX.effects(linear)
    mlp = Evidence(make_starts(tmp_path / "mlp", ended, n_replicates=1, arms=["mlp"]))
    with pytest.raises(MissingEvidenceError, match="no arm without a hidden layer"):
        CONVEX.effects(mlp)
    with pytest.raises(UnfinishedError, match="no arm has two starts"):
        spread_with_hidden_layer(mlp, gain=7.0)
