"""Wilson et al., introduction: adaptive methods generalize worse even at an equal train loss."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="wilson_matched_loss",
    order=2,
    source="Wilson et al. (2017), introduction",
    hypothesis="An adaptive method has a higher test error than SGD and heavy ball even where its "
    "train loss is no higher.",
    quantity="test error of the adaptive arm's winner minus that of the plain arm's, each read "
    "where its train loss first came down to the lowest that both runs of the seed reached",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure="contrasts.error_at_equal_loss",
)
register(CLAIM)
