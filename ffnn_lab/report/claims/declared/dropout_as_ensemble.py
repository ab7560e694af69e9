"""Dropout is like an ensemble: one network does as well as ten without dropout."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_as_ensemble",
    order=26,
    source="the lecture; Srivastava et al. (2014), section 1, where dropout stands for an "
    "average of exponentially many networks (recalled)",
    hypothesis="One network with dropout has no higher test error than an ensemble of ten "
    "networks without dropout.",
    quantity="test error of the winner with dropout minus that of the average over ten networks "
    "of the winner without dropout",
    unit="percentage points",
    region=Region.below(0.002),
    reason="0.2 points, as for dropout_masks",
    sweeps=("dropout_averaging",),
    arms="none and dropout, with trainer.save_weights and ten fresh seeds, and the table of "
    "python -m analysis.averages",
    measure="averages.difference",
    arguments={"average": ("networks", 1, "dropout"), "against": ("networks", 10, "none")},
)
register(CLAIM)
