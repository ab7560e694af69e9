"""Choi et al.: fully tuned, a method is no worse than a method that it has as a special case."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="choi_no_loss",
    order=13,
    source="Choi et al. (2019)",
    hypothesis="In the largest search space an adaptive method has no higher test error than the "
    "plain one that it contains.",
    quantity="test error of the adaptive arm's winner minus that of the plain arm's in the "
    "largest of the nested spaces, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="the arms of choi_inclusion, optimizer.eps among the axes of the largest space",
    measure="spaces.gap_to_the_contained",
)
register(CLAIM)
