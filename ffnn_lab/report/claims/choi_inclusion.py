"""Choi et al.: the gap between adaptive methods and SGD shrinks as more of each is tuned."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, winners_effect
from ffnn_lab.report.claims.nested import nested_pairs
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.statistics import differences_by_seed

MARGIN = 0.001


def measure(evidence: Evidence) -> list[Effect]:
    """Take the gap in the smallest space minus the gap in the largest, at equal seeds."""
    effects = []
    for pairs in nested_pairs(evidence):
        small, large = pairs[0], pairs[-1]
        values = differences_by_seed(evidence.difference(*small), evidence.difference(*large))
        what = f"({small[0]} - {small[1]}) - ({large[0]} - {large[1]})"
        effects.append(winners_effect(evidence, what, values, arms=(*small, *large)))
    return effects


CLAIM = Claim(
    name="choi_inclusion",
    source="Choi et al. (2019) (SEEN[10]; that the gap of Wilson et al. vanishes is MEM-H)",
    hypothesis="The test error of an adaptive method minus that of a plain one is smaller in a "
    "larger search space.",
    quantity="adaptive minus plain test error of the winners in the smallest space, minus the "
    "same in the largest, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(MARGIN),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="adaptive and plain arms of two or more variants whose spaces are nested (adam_lr, "
    "adam_lr_eps, adam_all and sgd_lr, sgd_lr_eps, sgd_all)",
    measure=measure,
)
