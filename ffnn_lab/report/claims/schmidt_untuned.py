"""Schmidt et al.: trying several optimizers untuned does about as well as tuning one of them."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError, run_ids
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.data.arms import parts
from ffnn_lab.report.statistics import differences_by_seed

MARGIN = 0.001
FEWEST_ARMS = 3


def measure(evidence: Evidence) -> list[Effect]:
    """Take the test error of the best default, chosen by dev error, minus each tuned winner's."""
    arms = [arm for arm in evidence.sweep.arms if parts(arm)[0] and evidence.sweep.arms[arm].space]
    if len(arms) < FEWEST_ARMS:
        msg = f"it has fewer than {FEWEST_ARMS} tuned optimizers"
        raise MissingEvidenceError(msg)
    dev = {arm: evidence.errors(evidence.defaults(arm), split="dev").mean() for arm in arms}
    best = min(arms, key=lambda arm: dev[arm])
    default = evidence.defaults(best)
    effects = []
    for arm in arms:
        tuned = evidence.confirmed(arm)
        values = differences_by_seed(evidence.errors(default), evidence.errors(tuned))
        effects.append(
            Effect.of_values(
                f"default {best} - tuned {arm}", values.tolist(), run_ids=run_ids(default, tuned)
            )
        )
    return effects


CLAIM = Claim(
    name="schmidt_untuned",
    source="Schmidt, Schneider and Hennig (2021) (SEEN[12])",
    hypothesis="The best of several untuned optimizers, chosen by dev error, has no higher test "
    "error than any one of them tuned.",
    quantity="test error of the default with the lowest mean dev error minus that of each arm's "
    "winner, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(MARGIN),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="three optimizers or more with axes, and confirm's untuned defaults",
    measure=measure,
)
