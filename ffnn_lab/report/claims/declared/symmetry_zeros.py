"""The lecture: with all weights at zero, a hidden layer never changes."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="symmetry_zeros",
    order=53,
    source="the lecture, on initialization",
    hypothesis="A network whose weights and biases all begin at zero learns no more than a "
    "constant answer, whatever its activation.",
    quantity="chance error minus the train error of the winner",
    unit="percentage points",
    region=Region.below(0.05),
    reason="five points, by which a constant answer may miss the best one",
    sweeps=("symmetry",),
    arms="zeros, without dropout",
    measure="trained.learned",
    arguments={"arms": ("zeros",)},
)
register(CLAIM)
