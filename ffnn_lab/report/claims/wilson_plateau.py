"""Wilson et al., claim (ii), second half: adaptive methods plateau on unseen data."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, winners_effect
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.measures.progress import progress
from ffnn_lab.report.statistics import differences_by_seed

MARGIN = 0.001


def measure(evidence: Evidence) -> list[Effect]:
    """Take the test error lost in the second half of training, adaptive minus plain."""
    pairs = evidence.contrasts()
    read = {
        arm: progress(evidence.sweep, evidence.confirmed(arm))["late"]
        for arm in sorted({arm for pair in pairs for arm in (pair.arm, pair.against)})
    }
    return [
        winners_effect(
            evidence,
            str(pair),
            differences_by_seed(read[pair.arm], read[pair.against]),
            arms=(pair.arm, pair.against),
        )
        for pair in pairs
    ]


CLAIM = Claim(
    name="wilson_plateau",
    source="Wilson et al. (2017), claim (ii), second half (SEEN[4])",
    hypothesis="In the second half of training an adaptive method's test error goes down less.",
    quantity="test error lost between half of the epochs and the last one, the adaptive arm's "
    "winner minus the plain arm's, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(-MARGIN),
    reason="0.1 points, as for claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure=measure,
)
