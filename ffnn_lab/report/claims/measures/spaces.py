"""Effects of the search space, and of the kind of weight decay, on the gap between two arms.

All effects are differences of the winners' test errors at equal fresh seeds.
"""

from itertools import pairwise

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.families import ADAPTIVE, PLAIN
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.statistics import differences_by_seed

Pair = tuple[str, str]
"""The names of an arm and of the arm whose error is subtracted."""

EPS = "optimizer.eps"
CONTAINED = {"adagrad": ("sgd",), "rmsprop": ("sgd",), "adam": ("sgd", "heavy_ball")}
"""By adaptive method, the plain methods that it has as special cases: with a large eps and a step
in proportion to eps, it becomes the plain method. The RMSProp of Choi et al. (2019) has momentum
and contains heavy ball, too; the lab's RMSProp has no momentum."""


def difference(evidence: Evidence, *, arm: str, against: str) -> list[Effect]:
    """Compute the test error of the winner of ``arm`` minus that of the winner of ``against``."""
    return [_gap(evidence, (arm, against))]


def gap_closed_by_decoupling(evidence: Evidence) -> list[Effect]:
    """Compute Adam's gap to a plain method with coupled decay minus the gap with decoupled decay.

    A gap is the test error of Adam's winner minus that of the plain method's winner.

    Returns:
        An effect for each plain method that has an arm with either kind of decay, as Adam has.

    Raises:
        MissingEvidenceError: If there are no such arms.
    """
    effects = []
    for plain in PLAIN:
        coupled, decoupled = (
            (f"adam_{decay}", f"{plain}_{decay}") for decay in ("coupled", "decoupled")
        )
        if {*coupled, *decoupled} <= set(evidence.sweep.arms):
            effects.append(_change(evidence, coupled, decoupled))
    if not effects:
        msg = "it has no arms adam and sgd or heavy_ball in variants coupled and decoupled"
        raise MissingEvidenceError(msg)
    return effects


def gap_closed_by_tuning(evidence: Evidence) -> list[Effect]:
    """Compute the gap of two optimizers in the smallest space minus the gap in the largest space.

    A gap is the test error of the adaptive arm's winner minus that of the plain arm's winner.

    Returns:
        An effect for each adaptive and plain optimizer of `nested_pairs`.
    """
    return [_change(evidence, pairs[0], pairs[-1]) for pairs in nested_pairs(evidence)]


def gap_to_the_contained(evidence: Evidence) -> list[Effect]:
    """Compute the gap of an adaptive arm to a plain method that it contains, in the largest space.

    A gap is the test error of the adaptive arm's winner minus that of the plain arm's winner.

    Returns:
        An effect for each such pair of `CONTAINED`, if the adaptive arm tunes eps.

    Raises:
        MissingEvidenceError: If there is no such pair.
    """
    effects = []
    for pairs in nested_pairs(evidence):
        arm, against = pairs[-1]
        arms = evidence.sweep.arms
        is_contained = arms[against].optimizer in CONTAINED[arms[arm].optimizer]
        if is_contained and EPS in arms[arm].space:
            effects.append(_gap(evidence, pairs[-1]))
    if not effects:
        msg = f"no adaptive arm of its largest space has {EPS} among its axes"
        raise MissingEvidenceError(msg)
    return effects


def nested_pairs(evidence: Evidence) -> list[list[Pair]]:
    """Find the adaptive and plain optimizers that occur together in several nested spaces.

    Of two nested spaces, the larger space has all axes of the smaller space and further axes.

    Returns:
        For each such pair of optimizers, its pairs of arms in all groups of comparable arms that
        have both optimizers, the pair with the smallest space first.

    Raises:
        MissingEvidenceError: If there are no such optimizers.
    """
    sweep = evidence.sweep
    found = []
    for adaptive in ADAPTIVE:
        for plain in PLAIN:
            pairs = [
                (arms[adaptive], arms[plain])
                for arms in sweep.variants.values()
                if {adaptive, plain} <= arms.keys()
            ]
            pairs.sort(key=lambda pair: len(_axes(sweep, pair)))
            ends = [_axes(sweep, pair) for pair in pairs]
            are_nested = all(small <= large for small, large in pairwise(ends))
            if pairs and are_nested and ends[0] < ends[-1]:
                found.append(pairs)
    if not found:
        msg = "it has no adaptive and plain arm that occur in nested spaces (adam_lr, adam_all)"
        raise MissingEvidenceError(msg)
    return found


def _axes(sweep: Sweep, pair: Pair) -> set[str]:
    return {key for arm in pair for key in sweep.arms[arm].space}


def _gap(evidence: Evidence, pair: Pair) -> Effect:
    values = evidence.difference(*pair)
    return winners_effect(evidence, " - ".join(pair), values, plus=pair[:1], minus=pair[1:])


def _change(evidence: Evidence, first: Pair, second: Pair) -> Effect:
    """Compute the gap in test error of the first pair of arms minus that of the second pair."""
    values = differences_by_seed(evidence.difference(*first), evidence.difference(*second))
    what = f"({' - '.join(first)}) - ({' - '.join(second)})"
    plus, minus = (first[0], second[1]), (first[1], second[0])
    return winners_effect(evidence, what, values, plus=plus, minus=minus)
