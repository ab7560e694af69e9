"""Wilson et al., section 3.3: adaptive methods misclassify every negative test example."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import (
    best_of_draws,
    effect_of_draws,
    is_full_batch,
    is_plain,
    problem_runs,
)
from ffnn_lab.report.data.arms import ADAPTIVE

MARGIN = 0.1


def measure(evidence: Evidence) -> list[Effect]:
    """Take the test error minus 1 - p at full batch, no weight decay and a small eps."""
    runs = problem_runs(evidence)
    runs = runs[is_full_batch(runs) & is_plain(runs)]
    effects = []
    for optimizer in ADAPTIVE:
        best = best_of_draws(evidence.sweep, runs[runs["optimizer"] == optimizer])
        if len(best):
            indexed = best.set_index(["draw", "seed"])
            values = indexed["test.error"] - (1 - indexed["p"])
            effects.append(effect_of_draws(f"{optimizer} - (1 - p)", best, values))
    if not effects:
        msg = "it has no adaptive arm at full batch with a small eps and no weight decay"
        raise MissingEvidenceError(msg)
    return effects


CLAIM = Claim(
    name="separable_adaptive",
    source="Wilson et al. (2017), section 3.3 (SEEN[1], CHECKED)",
    hypothesis="On the separable problem AdaGrad, RMSProp and Adam end at the sign solution, "
    "whose test error is 1 - p, the share of negative labels.",
    quantity="test error minus 1 - p at full batch, with eps at most 1e-6 and no weight decay; "
    "the best setting of each draw",
    unit="percentage points",
    region=Region.within(MARGIN),
    reason="10 points, a quarter of the way to the other solution at p = 0.6; the share of "
    "negative labels among 100 test examples has a deviation of 4.9 points from draw to draw",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam; task separable, trainer.batch_size full",
    measure=measure,
)
