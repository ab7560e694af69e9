"""Wilson et al., claim (ii), first half: adaptive methods make faster early progress on train."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="wilson_early_progress",
    order=3,
    source="Wilson et al. (2017), claim (ii), first half",
    hypothesis="An adaptive method has the lower train error after the first epoch.",
    quantity="train error of the adaptive arm's winner minus that of the plain arm's after the "
    "first measured epoch, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(-0.001),
    reason="0.1 points, as for claim (i); at the first epoch errors are tens of times larger",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure="contrasts.progress_of",
    arguments={"column": "first.train"},
)
register(CLAIM)
