"""Effects of the gain of the initial weights on the error, and the width of the plateau."""

from ffnn_lab.report.claims.evidence import (
    Evidence,
    MissingEvidenceError,
    UnfinishedError,
    run_ids,
)
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.measures.plateaus import FEWEST, GAIN, errors_by_gain, plateau_of


def excess_at(evidence: Evidence, *, gain: float) -> list[Effect]:
    """Compute the dev error at one gain minus the lowest dev error at any other positive gain.

    Args:
        evidence: Evidence of one replicate.
        gain: The gain.

    Returns:
        An effect for each arm that was tried at this gain and at another, positive one.

    Raises:
        MissingEvidenceError: If no arm has gains among its axes.
        UnfinishedError: If no arm has these results yet.
    """
    effects = []
    for arm, errors in _errors(evidence).items():
        others = [error for each, error in errors.items() if each > 0 and each != gain]
        if gain in errors and others:
            excess = errors[gain] - min(others)
            effects.append(Effect.of_values(arm, [excess], plus=_runs(evidence, arm)))
    if not effects:
        msg = f"no arm has a result at {GAIN}={gain:g}"
        raise UnfinishedError(msg)
    return effects


def width_beyond(evidence: Evidence, *, arm: str, against: str) -> list[Effect]:
    """Compute the width of one arm's plateau minus that of another arm's, as shares of all gains.

    Args:
        evidence: Evidence of one replicate.
        arm: Name of the arm.
        against: Name of the arm whose width is subtracted.

    Raises:
        MissingEvidenceError: If one of them is missing, or has no gains among its axes.
        UnfinishedError: If one of them has no results yet.
    """
    for name in (arm, against):
        if name not in evidence.sweep.arms:
            msg = f"it has no arm {name}"
            raise MissingEvidenceError(msg)
    errors = _errors(evidence)
    if any(sum(gain > 0 for gain in errors[name]) < FEWEST for name in (arm, against)):
        msg = f"{arm} and {against} have no results at {FEWEST} positive gains each"
        raise UnfinishedError(msg)
    width, other = (plateau_of(errors[name]).share for name in (arm, against))
    return [
        Effect.of_values(
            f"{arm} - {against}",
            [width - other],
            plus=_runs(evidence, arm),
            minus=_runs(evidence, against),
        )
    ]


def _errors(evidence: Evidence) -> dict[str, dict[float, float]]:
    """Return the dev error of each arm at each gain, that of the best learning rate."""
    sweep = evidence.sweep
    if not any(GAIN in arm.space for arm in sweep.arms.values()):
        msg = f"it has no arm with {GAIN} among its axes"
        raise MissingEvidenceError(msg)
    table = errors_by_gain(sweep)
    found = {}
    for name in sweep.arms:
        own = table[table["arm"] == name]
        found[name] = dict(zip(own["gain"], own["error"], strict=True))
    return found


def _runs(evidence: Evidence, arm: str) -> list[str]:
    return run_ids(evidence.sweep.of(arm, stage="tune"))
