"""With weight decay, adaptive methods have the test error of SGD on the separable problem."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="separable_weight_decay",
    order=10,
    source="Zou, Cao, Li and Gu (2021), on convex objectives",
    hypothesis="On the separable problem with coupled weight decay adaptive methods end at the "
    "test error of SGD.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with equal "
    "weight decay at full batch; the best setting of each draw",
    unit="percentage points",
    region=Region.within(0.05),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam beside sgd, with optimizer.weight_decay above 0 and "
    "optimizer.decay coupled; task separable, full batch",
    measure="separable.gap_with_weight_decay",
    over="draws",
    arguments={"column": "test.error"},
)
register(CLAIM)
