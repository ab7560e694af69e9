"""The lecture: check the dev set, and lower the learning rate when there is no progress."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="decay_dev_helps",
    order=63,
    source="the lecture, on learning rates",
    hypothesis="A learning rate that is lowered whenever the dev loss makes no progress ends at a "
    "lower test error than a constant one, each at its own best learning rate.",
    quantity="test error of the winner with a constant rate minus that of the winner with "
    "dev-decay, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("decay",),
    arms="none and dev, with schedules constant and dev_decay",
    measure="spaces.difference",
    arguments={"arm": "none", "against": "dev"},
)
register(CLAIM)
