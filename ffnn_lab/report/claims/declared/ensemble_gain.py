"""An ensemble of ten networks has a lower test error than one of them."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="ensemble_gain",
    order=27,
    source="Srivastava et al. (2014), section 1: model combination nearly always improves "
    "(recalled)",
    hypothesis="The average over ten networks that differ in their seed has a lower test error "
    "than one network, without dropout.",
    quantity="test error of one network minus that of the average over ten, of the winner "
    "without dropout",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for dropout_gain",
    sweeps=("dropout_averaging",),
    arms="none, with trainer.save_weights and ten fresh seeds, and the table of python -m "
    "analysis.averages",
    measure="averages.difference",
    arguments={"average": ("networks", 1, "none"), "against": ("networks", 10, "none")},
)
register(CLAIM)
