"""Wilson et al., claim (ii), first half: adaptive methods make faster early progress on train."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, winners_effect
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.measures.progress import progress
from ffnn_lab.report.statistics import differences_by_seed

MARGIN = 0.001


def measure(evidence: Evidence) -> list[Effect]:
    """Take train errors after the first measured epoch, adaptive minus plain, at equal seeds."""
    pairs = evidence.contrasts()
    read = {
        arm: progress(evidence.sweep, evidence.confirmed(arm))["first.train"]
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
    name="wilson_early_progress",
    source="Wilson et al. (2017), claim (ii), first half (SEEN[4])",
    hypothesis="An adaptive method has the lower train error after the first epoch.",
    quantity="train error of the adaptive arm's winner minus that of the plain arm's after the "
    "first measured epoch, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(-MARGIN),
    reason="0.1 points, as for claim (i); at the first epoch errors are tens of times larger",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure=measure,
)
