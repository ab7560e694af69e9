"""Wilson et al., section 3.3: plain methods classify every test example rightly."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import (
    best_of_draws,
    effect_of_draws,
    is_full_batch,
    is_plain,
    problem_runs,
)
from ffnn_lab.report.data.arms import PLAIN

MARGIN = 0.005


def measure(evidence: Evidence) -> list[Effect]:
    """Take the test error at full batch without weight decay."""
    runs = problem_runs(evidence)
    runs = runs[is_full_batch(runs) & is_plain(runs)]
    effects = []
    for optimizer in PLAIN:
        best = best_of_draws(evidence.sweep, runs[runs["optimizer"] == optimizer])
        if len(best):
            values = best.set_index(["draw", "seed"])["test.error"]
            effects.append(effect_of_draws(optimizer, best, values))
    if not effects:
        msg = "it has neither sgd nor heavy_ball at full batch without weight decay"
        raise MissingEvidenceError(msg)
    return effects


CLAIM = Claim(
    name="separable_plain",
    source="Wilson et al. (2017), section 3.3 (SEEN[1], CHECKED)",
    hypothesis="On the separable problem SGD and heavy ball end at the minimum-norm solution, "
    "whose test error is 0.",
    quantity="test error at full batch without weight decay; the best setting of each draw",
    unit="percentage points",
    region=Region.below(MARGIN),
    reason="0.5 points, for training that stops before its limit; the other solution is 40 points "
    "away",
    sweeps=("wilson_separable",),
    arms="sgd or heavy_ball; task separable, trainer.batch_size full",
    measure=measure,
)
