"""The family of effects of one claim in one sweep, each of which counts once.

An effect of tuned methods is a mean over replicates. A replicate repeats the stages tune and
confirm, and counts as one value: the effect of its own winners, averaged over its fresh seeds. Two
effects computed from the same runs count as one effect, and a comparison of runs with themselves
is no effect. If a sweep repeats its comparison under several conditions, each condition has its
own effects, named after the condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, UnfinishedError
from ffnn_lab.report.claims.rule import NOT_APPLICABLE, NOT_RUN, Effect


@dataclass(frozen=True)
class Family:
    """The effects of one claim in one sweep."""

    effects: Sequence[Effect]
    verdict: str = ""
    """Verdict if the sweep has no effects, `NOT_RUN` or `NOT_APPLICABLE`; empty otherwise."""
    remark: str = ""
    """The reason why the sweep has no effects; empty if it has effects."""


def families(claim: Claim, evidence: Sequence[Evidence]) -> list[Family]:
    """Measure a claim's effects on several sweeps.

    Args:
        claim: The claim.
        evidence: Evidence of each sweep.

    Returns:
        One family per sweep. An effect computed from the same runs as an earlier effect, in any of
        the sweeps, is left out.
    """
    seen: dict[tuple[frozenset[str], frozenset[str]], str] = {}
    found = []
    for each in evidence:
        try:
            effects = measure(claim, each)
        except UnfinishedError as error:
            found.append(Family((), NOT_RUN, str(error)))
            continue
        except MissingEvidenceError as error:
            found.append(Family((), NOT_APPLICABLE, str(error)))
            continue
        kept, remark = [], "its effects compare runs with themselves"
        for effect in effects:
            if effect.is_of_itself:
                continue
            key = effect.net_runs
            if key in seen:
                remark = f"its runs are counted already: {seen[key]}"
                continue
            seen[key] = f"{each.sweep.name}, {effect.what}"
            kept.append(effect)
        found.append(Family(kept) if kept else Family((), NOT_APPLICABLE, remark))
    return found


def measure(claim: Claim, evidence: Evidence) -> list[Effect]:
    """Measure a claim's effects in a sweep, under each of its conditions.

    Raises:
        MissingEvidenceError: If the sweep lacks what the claim is about, under every condition.
    """
    if not evidence.conditions:
        return measure_one(claim, evidence)
    found: list[Effect] = []
    missing: list[MissingEvidenceError] = []
    for each in evidence.conditions:
        try:
            effects = measure_one(claim, each)
        except MissingEvidenceError as error:
            missing.append(error)
            continue
        found += [replace(effect, what=f"{effect.what}, {each.label}") for effect in effects]
    if not found:
        raise next((each for each in missing if isinstance(each, UnfinishedError)), missing[0])
    return found


def measure_one(claim: Claim, evidence: Evidence) -> list[Effect]:
    """Measure a claim's effects under one condition, over replicates or draws (`Claim.over`).

    Raises:
        MissingEvidenceError: If every replicate lacks what the claim is about.
    """
    if claim.over == "draws":
        return claim.effects(evidence)
    replicates = evidence.replicates
    if len(replicates) == 1:
        return [replace(effect, is_one_tuning=True) for effect in claim.effects(evidence)]
    measured: list[list[Effect]] = []
    missing: list[MissingEvidenceError] = []
    for each in replicates:
        try:
            measured.append(claim.effects(each))
        except MissingEvidenceError as error:
            missing.append(error)
    if not measured:
        raise missing[0]
    return over_replicates(measured, n_replicates=len(replicates))


def over_replicates(measured: Sequence[Sequence[Effect]], *, n_replicates: int) -> list[Effect]:
    """Compute each effect's mean over replicates.

    Args:
        measured: The effects of each replicate that has any.
        n_replicates: Number of replicates of the sweep.

    Returns:
        One effect per name, in the order in which the names first occur; its remark has the number
        of replicates without this effect.
    """
    by_name: dict[str, list[Effect]] = {}
    for effects in measured:
        for effect in effects:
            by_name.setdefault(effect.what, []).append(effect)
    found = []
    for what, effects in by_name.items():
        n_missing = n_replicates - len(effects)
        mean = Effect.of_values(
            what,
            [effect.estimate for effect in effects],
            plus=[each for effect in effects for each in effect.plus],
            minus=[each for effect in effects for each in effect.minus],
            of="replicates",
            span=effects[0].span,
        )
        remark = f"{n_missing} of {n_replicates} replicates have none" if n_missing else ""
        found.append(replace(mean, remark=remark))
    return found
