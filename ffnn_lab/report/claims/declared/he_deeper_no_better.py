"""He et al.: thirty layers can be trained, but are no better than fewer."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="he_deeper_no_better",
    order=52,
    source="He et al. (2015), section 2.2, with 14 and 30 layers",
    hypothesis="From the initialization of He et al. thirty hidden layers have no lower test "
    "error than ten.",
    quantity="test error of the winner with ten layers minus that with thirty, at equal fresh "
    "seeds",
    unit="percentage points",
    region=Region.below(0.005),
    reason="half a point, about two of the 359 test examples",
    sweeps=("he_depth",),
    arms="he_10 and he_30",
    measure="spaces.difference",
    arguments={"arm": "he_10", "against": "he_30"},
)
register(CLAIM)
