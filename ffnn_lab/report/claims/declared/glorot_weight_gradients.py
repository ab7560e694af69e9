"""Glorot and Bengio: the gradients in the weights have one scale in all layers."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="glorot_weight_gradients",
    order=47,
    source="Glorot and Bengio (2010), section 4.2 and figure 8",
    hypothesis="At the start the gradients in the weights have about the same scale in the second "
    "and in the fifth hidden layer, whatever the initialization.",
    quantity="standard deviation of the gradient in the weights of layer 5 over that of layer 2, "
    "minus 1",
    unit="%",
    region=Region(-0.5, 1.0),
    reason="a factor of two, where the back-propagated gradients of the standard initialization "
    "change by a factor of ten",
    sweeps=("glorot_signals",),
    arms="standard and normalized, diagnosed",
    measure="layers.change",
    arguments={
        "statistic": "gradient.std",
        "first": 2,
        "last": 5,
        "arms": ("standard", "normalized"),
    },
)
register(CLAIM)
