"""He et al.: with fewer layers both initializations converge."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="he_glorot_shallow",
    order=51,
    source="He et al. (2015), section 2.2 and figure 2, with 22 layers",
    hypothesis="With ten hidden layers training converges from both initializations.",
    quantity="train error of the winner with Glorot's minus that with He's initialization, at "
    "equal fresh seeds",
    unit="percentage points",
    region=Region.within(0.05),
    reason="one training example in twenty, as for the claim that thirty layers train",
    sweeps=("he_depth",),
    arms="glorot_10 and he_10",
    measure="trained.difference",
    arguments={"arm": "glorot_10", "against": "he_10"},
)
register(CLAIM)
