"""Wilson et al.: decay by the dev loss does as well as decay at a fixed frequency."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="decay_dev_as_good",
    order=64,
    source="Wilson et al. (2017), section 4, on dev-decay and fixed-decay",
    hypothesis="Decay by the dev loss has no higher test error than decay at a fixed frequency, "
    "each at its own best learning rate.",
    quantity="test error of the winner with dev-decay minus that of the winner with fixed decay, "
    "at equal fresh seeds",
    unit="percentage points",
    region=Region.below(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("decay",),
    arms="dev and fixed, with schedules dev_decay and fixed_decay",
    measure="spaces.difference",
    arguments={"arm": "dev", "against": "fixed"},
)
register(CLAIM)
