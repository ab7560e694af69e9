"""The lecture: with all weights at zero, a network does not learn."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="gain_zero",
    order=41,
    source="the lecture, on initialization",
    hypothesis="A network whose weights all begin at zero ends far above the error that it "
    "reaches from its best gain.",
    quantity="dev error of the best learning rate at gain 0 minus that at the arm's best gain",
    unit="percentage points",
    region=Region.above(0.5),
    reason="half of all examples: it has learned little, whatever it has learned",
    sweeps=("initialization_scale",),
    arms="initializer.gain among the axes, 0 one of its values",
    measure="plateaus.excess_at",
    arguments={"gain": 0.0},
)
register(CLAIM)
