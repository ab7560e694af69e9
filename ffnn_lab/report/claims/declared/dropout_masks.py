"""Srivastava et al.: weight scaling is as good as an average over many masks."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_masks",
    order=24,
    source="Srivastava et al. (2014), figure 11",
    hypothesis="The whole network, without masks, has the test error of the average over 100 "
    "random masks.",
    quantity="test error of the average over 100 masks minus that of the whole network, both of "
    "the winner with dropout",
    unit="percentage points",
    region=Region.within(0.002),
    reason="0.2 points, less than one of the 359 test examples of the digits; in the paper the "
    "two agree from about 50 masks on, to within one standard deviation",
    sweeps=("dropout_averaging",),
    arms="dropout, with trainer.save_weights, and the table of python -m analysis.averages",
    measure="averages.difference",
    arguments={"average": ("masks", 100, "dropout"), "against": ("networks", 1, "dropout")},
)
register(CLAIM)
