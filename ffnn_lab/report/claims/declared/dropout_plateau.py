"""Srivastava et al.: between rates of 0.2 and 0.6 the test error is flat."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_plateau",
    order=19,
    source="Srivastava et al. (2014), figure 9 (a)",
    hypothesis="With a fixed number of hidden units the test error hardly depends on the rate of "
    "dropout between 0.2 and 0.6 (a share of 0.8 to 0.4 kept).",
    quantity="test error of the winner at a rate of 0.2 or 0.6 minus that at 0.5, at equal "
    "fresh seeds",
    unit="percentage points",
    region=Region.within(0.005),
    reason="half a point, about a fifth of the error of the digits without dropout",
    sweeps=("dropout_rate",),
    arms="n_50, and n_20 or n_60",
    measure="dropout.differences",
    arguments={"pairs": (("n_20", "n_50"), ("n_60", "n_50"))},
)
register(CLAIM)
