"""The lecture: hidden units that begin equal stay equal."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="symmetry_equal",
    order=54,
    source="the lecture, on initialization",
    hypothesis="Hidden units that begin equal, at zero or at another constant, stay equal through "
    "a training without dropout.",
    quantity="largest difference between two hidden units in one of their parameters after the "
    "last epoch, over that with a random start",
    unit="%",
    region=Region.below(0.01),
    reason="a hundredth of the differences of a random start: more than what rounding alone does "
    "at once",
    sweeps=("symmetry",),
    arms="zeros, constant and random, diagnosed",
    measure="layers.unlike",
    arguments={"arms": ("zeros", "constant"), "against": "random"},
)
register(CLAIM)
