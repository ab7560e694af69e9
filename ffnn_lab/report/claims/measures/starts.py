"""Effects of the start: how far apart runs end that differ in their initial weights alone."""

import math

from ffnn_lab.report.claims.evidence import (
    Evidence,
    MissingEvidenceError,
    UnfinishedError,
    run_ids,
)
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.measures.starts import GAIN, relative_spread, starts_table

WIDTHS = "model.widths"
FEWEST = 2
"""Fewest starts that have a spread."""


def spread_without_hidden_layer(evidence: Evidence) -> list[Effect]:
    """Compute the spread of the last train losses of a linear model over all of its starts.

    Args:
        evidence: Evidence of one replicate.

    Returns:
        An effect for each arm without a hidden layer, over all gains and seeds; a run that
        diverged is left out.

    Raises:
        MissingEvidenceError: If there is no such arm.
        UnfinishedError: If no arm has two starts yet.
    """
    return _spreads(evidence, hidden=False, gain=None)


def spread_with_hidden_layer(evidence: Evidence, *, gain: float) -> list[Effect]:
    """Compute the spread of the last train losses of a network over its starts at one gain.

    Args:
        evidence: Evidence of one replicate.
        gain: The gain of the initializer.

    Returns:
        An effect for each arm with a hidden layer. Starts that failed, see
        `ffnn_lab.report.measures.starts`, are left out, so that the spread is one between networks
        that have learned.

    Raises:
        MissingEvidenceError: If there is no such arm.
        UnfinishedError: If no arm has two such starts yet.
    """
    return _spreads(evidence, hidden=True, gain=gain)


def _spreads(evidence: Evidence, *, hidden: bool, gain: float | None) -> list[Effect]:
    sweep = evidence.sweep
    arms = [
        name
        for name, arm in sweep.arms.items()
        if list(arm.space) == [GAIN] and bool(arm.leaves.get(WIDTHS)) == hidden
    ]
    if not arms:
        which = f"with{'' if hidden else 'out'} a hidden layer"
        msg = f"it has no arm {which} whose only axis is {GAIN}"
        raise MissingEvidenceError(msg)
    starts = starts_table(sweep)
    starts = starts[~starts["has_failed"] if hidden else starts["status"] == "completed"]
    if gain is not None:
        starts = starts[starts["gain"] == gain]
    effects = []
    for arm in arms:
        own = starts[starts["arm"] == arm]
        if len(own) >= FEWEST:
            spread = relative_spread(own["loss"].tolist())
            effects.append(
                Effect.of_values(arm, [spread], plus=run_ids(own), span=(0.0, math.inf))
            )
    if not effects:
        msg = "no arm has two starts that ended"
        raise UnfinishedError(msg)
    return effects
