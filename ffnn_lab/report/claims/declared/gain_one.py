"""The lecture: the scale of Glorot and He is a good one."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="gain_one",
    order=42,
    source="the lecture, on initialization",
    hypothesis="At gain 1, the scale that an initializer prescribes, a network ends within two "
    "points of the error that it reaches from the best other gain.",
    quantity="dev error of the best learning rate at gain 1 minus that at the best other gain",
    unit="percentage points",
    region=Region.below(0.02),
    reason="two points, about seven of 359 dev examples: the lowest of twelve errors is low by "
    "chance, too",
    sweeps=("initialization_scale",),
    arms="initializer.gain among the axes, 1 one of its values",
    measure="plateaus.excess_at",
    arguments={"gain": 1.0},
)
register(CLAIM)
