"""Adam, whose steps do not depend on the scale of gradients, learns from more gains than SGD."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="gain_adam_wider",
    order=43,
    source="a common belief about adaptive methods",
    hypothesis="The plateau of Adam, the range of gains within three points of its lowest error, "
    "is wider than that of SGD.",
    quantity="width of Adam's plateau minus that of SGD's, as shares of the range of all gains",
    unit="percentage points",
    region=Region.above(0.05),
    reason="a twentieth of the range, a fifth of a decade; neighboring gains are a third of a "
    "decade apart",
    sweeps=("initialization_scale",),
    arms="sgd and adam, with initializer.gain among the axes",
    measure="plateaus.width_beyond",
    arguments={"arm": "adam", "against": "sgd"},
)
register(CLAIM)
