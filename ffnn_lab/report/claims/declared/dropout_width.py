"""Srivastava et al.: at a high rate of dropout, a wider network has a lower error."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_width",
    order=20,
    source="Srivastava et al. (2014), figure 9 (b); that the error at a rate of 0.9 falls from "
    "2.7% to 1.7% is recalled",
    hypothesis="At a rate of 0.9 a network of fixed width has a higher test error than one that "
    "is wide enough to keep as many units as a smaller network without dropout has.",
    quantity="test error of the winner of n_90 minus that of pn_90, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for dropout_gain",
    sweeps=("dropout_rate",),
    arms="n_90 and pn_90",
    measure="dropout.differences",
    arguments={"pairs": (("n_90", "pn_90"),)},
)
register(CLAIM)
