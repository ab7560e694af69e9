"""Effects of tuning: untuned defaults compared with tuned winners at equal fresh seeds."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, run_ids
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.statistics import differences_by_seed


def own_gain(evidence: Evidence, *, optimizer: str) -> list[Effect]:
    """Compare the test error of an optimizer's untuned default with that of its tuned winner.

    Args:
        evidence: Evidence of the sweep.
        optimizer: Name of the optimizer.

    Returns:
        An effect for each arm with this optimizer: the error of the default minus the winner's.
    """
    return [
        _effect(evidence, f"default - tuned {arm}", evidence.defaults(arm), arm)
        for arm in evidence.arms_of(optimizer)
    ]


def best_of_all(evidence: Evidence, *, n_arms: int) -> list[Effect]:
    """Compare the best untuned default of all arms, chosen by dev error, with each tuned winner.

    Args:
        evidence: Evidence of the sweep.
        n_arms: The least number of tuned arms among which a best default is chosen.

    Returns:
        An effect for each tuned arm: the test error of the best default minus that of its winner.
    """
    arms = [name for name, arm in evidence.sweep.arms.items() if arm.optimizer and arm.space]
    if len(arms) < n_arms:
        msg = f"it has fewer than {n_arms} tuned optimizers"
        raise MissingEvidenceError(msg)
    dev = {arm: evidence.errors(evidence.defaults(arm), split="dev").mean() for arm in arms}
    best = min(arms, key=lambda arm: dev[arm])
    default = evidence.defaults(best)
    return [_effect(evidence, f"best default - tuned {arm}", default, arm) for arm in arms]


def _effect(evidence: Evidence, what: str, default: pd.DataFrame, arm: str) -> Effect:
    tuned = evidence.confirmed(arm)
    values = differences_by_seed(evidence.errors(default), evidence.errors(tuned))
    most = evidence.sweep.most
    return Effect.of_values(
        what,
        values.tolist(),
        plus=run_ids(default),
        minus=run_ids(tuned),
        span=(-most, most),
    )
