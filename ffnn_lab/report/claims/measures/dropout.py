"""Effects of dropout: winners of arms with and without it, compared at equal fresh seeds."""

from collections.abc import Mapping, Sequence

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.statistics import differences_by_seed

Pair = tuple[str, str]
"""The names of an arm and of the arm whose error is subtracted."""


def differences(
    evidence: Evidence,
    *,
    pairs: Sequence[Pair],
    conditions: Sequence[Mapping[str, object]] = (),
) -> list[Effect]:
    """Compute the test error of the first arm's winner minus the second's, for each pair of arms.

    Args:
        evidence: Evidence of one replicate.
        pairs: Pairs of arms; pairs of which the sweep lacks an arm are left out.
        conditions: The conditions that the claim is about; empty for a claim about any condition.

    Raises:
        MissingEvidenceError: If the sweep has none of the pairs, or its condition is another one.
    """
    condition = evidence.sweep.definition.condition
    if conditions and condition not in conditions:
        msg = f"the claim is not about its condition {dict(condition)}"
        raise MissingEvidenceError(msg)
    found = [pair for pair in pairs if set(pair) <= set(evidence.sweep.arms)]
    if not found:
        msg = f"it has no arms {' or '.join(' and '.join(pair) for pair in pairs)}"
        raise MissingEvidenceError(msg)
    return [
        winners_effect(
            evidence,
            f"{arm} - {against}",
            evidence.difference(arm, against),
            plus=[arm],
            minus=[against],
        )
        for arm, against in found
    ]


def differences_of_gains(
    evidence: Evidence, *, pairs: Sequence[tuple[Pair, Pair]]
) -> list[Effect]:
    """Compute the gain of one optimizer by dropout minus the gain of another optimizer.

    A gain is the test error of the winner without dropout minus that of the winner with dropout.

    Args:
        evidence: Evidence of one replicate.
        pairs: For each effect the arms without and with dropout of the first optimizer, and those
            of the second optimizer; those of which the sweep lacks an arm are left out.

    Raises:
        MissingEvidenceError: If the sweep has no four such arms.
    """
    arms = set(evidence.sweep.arms)
    found = [(one, other) for one, other in pairs if {*one, *other} <= arms]
    if not found:
        msg = "it has no two optimizers that each have an arm without and an arm with dropout"
        raise MissingEvidenceError(msg)
    effects = []
    for one, other in found:
        gains = differences_by_seed(evidence.difference(*one), evidence.difference(*other))
        what = f"({' - '.join(one)}) - ({' - '.join(other)})"
        plus, minus = (one[0], other[1]), (one[1], other[0])
        effects.append(winners_effect(evidence, what, gains, plus=plus, minus=minus))
    return effects
