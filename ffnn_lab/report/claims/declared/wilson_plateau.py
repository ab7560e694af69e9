"""Wilson et al., claim (ii), second half: the test error of adaptive methods plateaus."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="wilson_plateau",
    order=4,
    source="Wilson et al. (2017), claim (ii), second half",
    hypothesis="In the second half of training an adaptive method's test error goes down less.",
    quantity="test error lost between half of the epochs and the last one, the adaptive arm's "
    "winner minus the plain arm's, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(-0.001),
    reason="0.1 points, as for claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure="contrasts.progress_of",
    arguments={"column": "late"},
)
register(CLAIM)
