"""Momentum widens the range of gains from which SGD learns."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="gain_momentum_wider",
    order=44,
    source="Sutskever et al. (2013), on initialization and momentum together",
    hypothesis="The plateau of heavy ball, the range of gains within three points of its lowest "
    "error, is wider than that of SGD.",
    quantity="width of heavy ball's plateau minus that of SGD's, as shares of the range of all "
    "gains",
    unit="percentage points",
    region=Region.above(0.05),
    reason="as for Adam",
    sweeps=("initialization_scale",),
    arms="sgd and heavy_ball, with initializer.gain among the axes",
    measure="plateaus.width_beyond",
    arguments={"arm": "heavy_ball", "against": "sgd"},
)
register(CLAIM)
