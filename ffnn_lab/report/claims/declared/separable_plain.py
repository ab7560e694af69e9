"""Wilson et al., section 3.3: on the separable problem, SGD and heavy ball have test error 0."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="separable_plain",
    order=7,
    source="Wilson et al. (2017), section 3.3",
    hypothesis="On the separable problem SGD and heavy ball end at the minimum-norm solution, "
    "whose test error is 0.",
    quantity="test error at full batch without weight decay; the best setting of each draw",
    unit="percentage points",
    region=Region.below(0.005),
    reason="0.5 points, for training that stops before its limit; the other solution is 40 points "
    "away",
    sweeps=("wilson_separable",),
    arms="sgd or heavy_ball; task separable, trainer.batch_size full",
    measure="separable.at_the_minimum_norm_solution",
    over="draws",
)
register(CLAIM)
