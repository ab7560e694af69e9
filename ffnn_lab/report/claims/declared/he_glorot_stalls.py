"""He et al.: thirty layers of ReLU units do not train from Glorot's initialization."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="he_glorot_stalls",
    order=50,
    source="He et al. (2015), section 2.2 and figure 3",
    hypothesis="With thirty hidden layers of ReLU units training stalls from the initialization "
    "of Glorot and Bengio, and does not from that of He et al.",
    quantity="train error of the winner with Glorot's minus that with He's initialization, at "
    "equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.3),
    reason="three training examples in ten: no difference of speed alone",
    sweeps=("he_depth",),
    arms="glorot_30 and he_30",
    measure="trained.difference",
    arguments={"arm": "glorot_30", "against": "he_30"},
)
register(CLAIM)
