"""Glorot and Bengio: normalized initialization keeps the scale of activations."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="glorot_activations",
    order=45,
    source="Glorot and Bengio (2010), section 4.2 and figure 6",
    hypothesis="At the start more of the activations' scale is left in the fifth layer of tanh "
    "units with the normalized initialization than with the standard one.",
    quantity="standard deviation of the activations of layer 5 over that of layer 1, with the "
    "normalized minus with the standard initialization",
    unit="percentage points",
    region=Region.above(0.2),
    reason="a fifth of the scale of layer 1; in five layers of 1000 units the difference was 0.41",
    sweeps=("glorot_signals",),
    arms="standard and normalized, diagnosed",
    measure="layers.kept_beyond",
    arguments={
        "statistic": "active.std",
        "first": 1,
        "last": 5,
        "arm": "normalized",
        "against": "standard",
    },
)
register(CLAIM)
