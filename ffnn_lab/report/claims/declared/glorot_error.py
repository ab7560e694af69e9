"""Glorot and Bengio: normalized initialization ends at a lower test error."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="glorot_error",
    order=48,
    source="Glorot and Bengio (2010), table 1",
    hypothesis="Networks of five hidden layers of tanh units end at a lower test error with the "
    "normalized initialization than with the standard one, each at its own best learning rate.",
    quantity="test error of the winner with the standard initialization minus that with the "
    "normalized one, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, about the difference on MNIST",
    sweeps=("glorot_signals",),
    arms="standard and normalized",
    measure="spaces.difference",
    arguments={"arm": "standard", "against": "normalized"},
)
register(CLAIM)
