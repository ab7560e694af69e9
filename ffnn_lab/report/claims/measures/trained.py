"""Effects on training: how far winners fit their training examples at the end."""

from collections.abc import Sequence

from ffnn_lab.report.claims.evidence import Evidence, run_ids, winners_effect
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.statistics import differences_by_seed


def errors(evidence: Evidence, *, arms: Sequence[str]) -> list[Effect]:
    """Return the train error of the winner of each of some arms.

    Raises:
        MissingEvidenceError: If an arm is missing, or its winner has no runs on fresh seeds.
    """
    return [
        Effect.of_values(
            arm,
            evidence.errors(evidence.confirmed(arm), split="train").tolist(),
            plus=run_ids(evidence.confirmed(arm)),
            span=(0.0, evidence.sweep.most),
        )
        for arm in arms
    ]


def difference(evidence: Evidence, *, arm: str, against: str) -> list[Effect]:
    """Compute the train error of the winner of ``arm`` minus that of the winner of ``against``.

    Raises:
        MissingEvidenceError: If an arm is missing, or its winner has no runs on fresh seeds.
    """
    sides = [evidence.errors(evidence.confirmed(each), split="train") for each in (arm, against)]
    values = differences_by_seed(*sides)
    return [winners_effect(evidence, f"{arm} - {against}", values, plus=[arm], minus=[against])]


def learned(evidence: Evidence, *, arms: Sequence[str]) -> list[Effect]:
    """Compute the chance error minus the train error of the winner of each of some arms.

    The chance error is that of the best constant answer.

    Raises:
        MissingEvidenceError: If an arm is missing, or its winner has no runs on fresh seeds.
    """
    effects = []
    for arm in arms:
        rows = evidence.confirmed(arm)
        found = evidence.errors(rows, split="train")
        chance = rows.set_index("seed")["chance_error"].reindex(found.index)
        effects.append(Effect.of_values(arm, (chance - found).tolist(), plus=run_ids(rows)))
    return effects
