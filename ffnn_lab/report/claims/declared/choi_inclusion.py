"""Choi et al.: the gap between adaptive methods and SGD shrinks in a larger search space."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="choi_inclusion",
    order=12,
    source="Choi et al. (2019); that the gap of Wilson et al. vanishes is recalled",
    hypothesis="The test error of an adaptive method minus that of a plain one is smaller in a "
    "larger search space.",
    quantity="adaptive minus plain test error of the winners in the smallest space, minus the "
    "same in the largest, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="adaptive and plain arms of two or more variants whose spaces are nested (adam_lr, "
    "adam_lr_eps, adam_all and sgd_lr, sgd_lr_eps, sgd_all)",
    measure="spaces.gap_closed_by_tuning",
)
register(CLAIM)
