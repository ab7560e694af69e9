"""Choi et al.: tuned in full, a method does not lose to one that it contains as a special case."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.nested import nested_pairs
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.data.arms import parts

EPS = "optimizer.eps"
MARGIN = 0.001
CONTAINED = {"adagrad": ("sgd",), "rmsprop": ("sgd",), "adam": ("sgd", "heavy_ball")}
"""With a large eps and a step in proportion these methods become those. The paper's RMSProp has a
momentum and contains heavy ball too; ours has none."""


def measure(evidence: Evidence) -> list[Effect]:
    """Take adaptive minus plain test error in the largest space, at equal seeds."""
    effects = []
    for pairs in nested_pairs(evidence):
        arm, against = pairs[-1]
        is_contained = parts(against)[0] in CONTAINED[parts(arm)[0]]
        if is_contained and EPS in evidence.sweep.arms[arm].space:
            values = evidence.difference(arm, against)
            effects.append(winners_effect(evidence, f"{arm} - {against}", values, arms=pairs[-1]))
    if not effects:
        msg = f"no adaptive arm of its largest space has {EPS} among its axes"
        raise MissingEvidenceError(msg)
    return effects


CLAIM = Claim(
    name="choi_no_loss",
    source="Choi et al. (2019) (SEEN[10])",
    hypothesis="In the largest search space an adaptive method has no higher test error than the "
    "plain one that it contains.",
    quantity="test error of the adaptive arm's winner minus that of the plain arm's in the "
    "largest of the nested spaces, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(MARGIN),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="the arms of choi_inclusion, optimizer.eps among the axes of the largest space",
    measure=measure,
)
