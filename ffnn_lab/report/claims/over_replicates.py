"""Effects of a claim in a sweep, over its replicates where it has several."""

from collections.abc import Sequence

from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.measures import separable

REPLICATES = "replicates"
"""What an effect over replicates has ``n`` of."""


def evidence_of(sweep: Sweep) -> list[Evidence]:
    """Read each replicate of a sweep; one that was tuned once is its own."""
    return [Evidence.of(each) for each in sweep.replicates]


def is_one_tuning(evidence: Sequence[Evidence]) -> bool:
    """Return True if a sweep compares tuned methods, each of which was tuned once.

    What it shows is then of one setting of each, and no verdict on the methods. Draws of the
    separable problem are replicates of their own.
    """
    return len(evidence) == 1 and not separable.is_about(evidence[0].sweep)


def effects_of(claim: Claim, evidence: Sequence[Evidence]) -> list[Effect]:
    """Measure a claim's effects in a sweep.

    Args:
        claim: The claim.
        evidence: The sweep's replicates.

    Returns:
        The effects of the only replicate; of several, for each of their effects the mean of the
        replicates' estimates, with the error of a mean of so many values.

    Raises:
        MissingEvidenceError: If every replicate lacks what the claim is about.
    """
    if len(evidence) == 1:
        return claim.effects(evidence[0])
    found: dict[str, list[Effect]] = {}
    reasons = []
    for each in evidence:
        try:
            effects = claim.effects(each)
        except MissingEvidenceError as error:
            reasons.append(str(error))
            continue
        for effect in effects:
            found.setdefault(effect.what, []).append(effect)
    if not found:
        raise MissingEvidenceError(reasons[0])
    return [
        Effect.of_values(
            what,
            [effect.estimate for effect in effects],
            run_ids=[run for effect in effects for run in effect.run_ids],
            of=REPLICATES,
        )
        for what, effects in found.items()
    ]
