"""Srivastava et al.: the network of one random mask is worse than the whole network."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_one_mask",
    order=25,
    source="Srivastava et al. (2014), figure 11",
    hypothesis="The network that one random mask leaves has a higher test error than the whole "
    "network.",
    quantity="test error with one mask minus that of the whole network, both of the winner with "
    "dropout",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for dropout_gain",
    sweeps=("dropout_averaging",),
    arms="dropout, with trainer.save_weights, and the table of python -m analysis.averages",
    measure="averages.difference",
    arguments={"average": ("masks", 1, "dropout"), "against": ("networks", 1, "dropout")},
)
register(CLAIM)
