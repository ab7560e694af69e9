"""He et al.: thirty layers of ReLU units train from their initialization."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="he_converges",
    order=49,
    source="He et al. (2015), section 2.2 and figure 3",
    hypothesis="A network of thirty hidden layers of ReLU units fits its training examples from "
    "the initialization of He et al.",
    quantity="train error of the winner",
    unit="percentage points",
    region=Region.below(0.05),
    reason="one training example in twenty, where a constant answer errs on nine in ten",
    sweeps=("he_depth",),
    arms="he_30, with thirty hidden layers",
    measure="trained.errors",
    arguments={"arms": ("he_30",)},
)
register(CLAIM)
