"""Wilson et al., introduction: adaptive methods generalize worse even where they fit as well."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.measures.matched import errors_at, fitted_runs, lowest_loss

MARGIN = 0.001


def measure(evidence: Evidence) -> list[Effect]:
    """Compare test errors at the lowest train loss that both runs of a pair of seeds reached."""
    effects = []
    pairs = evidence.contrasts()
    read = {
        arm: fitted_runs(evidence.sweep, evidence.confirmed(arm))
        for arm in sorted({arm for pair in pairs for arm in (pair.arm, pair.against)})
    }
    for pair in pairs:
        arm, against = read[pair.arm], read[pair.against]
        values = {}
        for seed in sorted(arm.keys() & against.keys()):
            level = max(lowest_loss(arm[seed]), lowest_loss(against[seed]))
            error, other = (errors_at(each[seed], [level]) for each in (arm, against))
            values[seed] = float((error - other)["test.error"].iloc[0])
        if not values:
            msg = f"no seed of both {pair.arm} and {pair.against} completed"
            raise MissingEvidenceError(msg)
        of_seeds = pd.Series(values)
        effects.append(
            winners_effect(evidence, str(pair), of_seeds, arms=(pair.arm, pair.against))
        )
    return effects


CLAIM = Claim(
    name="wilson_matched_loss",
    source="Wilson et al. (2017), introduction (SEEN[1][3])",
    hypothesis="An adaptive method has a higher test error than SGD and heavy ball even where its "
    "train loss is no higher.",
    quantity="test error of the adaptive arm's winner minus that of the plain arm's, each read "
    "where its train loss first came down to the lowest that both runs of the seed reached",
    unit="percentage points",
    region=Region.above(MARGIN),
    reason="0.1 points, as for claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="adagrad, rmsprop or adam beside sgd or heavy_ball, of one variant",
    measure=measure,
)
