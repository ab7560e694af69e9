"""Glorot and Bengio: normalized initialization keeps the scale of gradients."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="glorot_gradients",
    order=46,
    source="Glorot and Bengio (2010), section 4.2 and figure 7",
    hypothesis="At the start more of the scale of back-propagated gradients is left in the first "
    "layer of tanh units with the normalized initialization than with the standard one.",
    quantity="standard deviation of the gradients in the preactivations of layer 1 over that of "
    "layer 5, with the normalized minus with the standard initialization",
    unit="percentage points",
    region=Region.above(0.2),
    reason="a fifth of the scale of layer 5; in five layers of 1000 units the difference was 0.33",
    sweeps=("glorot_signals",),
    arms="standard and normalized, diagnosed",
    measure="layers.kept_beyond",
    arguments={
        "statistic": "backprop.std",
        "first": 5,
        "last": 1,
        "arm": "normalized",
        "against": "standard",
    },
)
register(CLAIM)
