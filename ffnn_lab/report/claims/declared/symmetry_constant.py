"""The lecture: equal hidden units are no better than one."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="symmetry_constant",
    order=55,
    source="the lecture, on initialization",
    hypothesis="Without dropout a network whose weights begin at one constant ends far above the "
    "test error of a random start.",
    quantity="test error of the winner with a constant minus that with a random start, at equal "
    "fresh seeds",
    unit="percentage points",
    region=Region.above(0.2),
    reason="a fifth of all examples: no difference of tuning",
    sweeps=("symmetry",),
    arms="constant and random",
    measure="spaces.difference",
    arguments={"arm": "constant", "against": "random"},
)
register(CLAIM)
