"""Dropout drops equal units at different times, and so makes them differ."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="symmetry_dropout",
    order=56,
    source="the definition of dropout; the lecture says nothing of it",
    hypothesis="With dropout a network whose weights begin at one constant ends at a far lower "
    "test error than without, since equal units are dropped at different times and learn "
    "different things.",
    quantity="test error of the winner with a constant without dropout minus that with dropout, "
    "at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.2),
    reason="as for the claim on constants without dropout",
    sweeps=("symmetry",),
    arms="constant and constant_dropout",
    measure="spaces.difference",
    arguments={"arm": "constant", "against": "constant_dropout"},
)
register(CLAIM)
