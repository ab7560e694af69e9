"""Effects of adaptive methods against plain methods: winners compared at equal fresh seeds.

Each function returns one effect for each contrast of an adaptive arm against a plain arm that the
sweep declares: the adaptive arm's number minus the plain arm's.
"""

from collections.abc import Sequence

import pandas as pd

from ffnn_lab.report.claims.evidence import Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.rule import Effect
from ffnn_lab.report.data.arms import Contrast
from ffnn_lab.report.measures.matched import errors_at, fitted_runs, lowest_loss
from ffnn_lab.report.measures.progress import progress
from ffnn_lab.report.statistics import differences_by_seed


def final_error(evidence: Evidence) -> list[Effect]:
    """Compare the winners' test errors at the moment of the sweep's objective."""
    return [
        _effect(evidence, pair, evidence.difference(pair.arm, pair.against))
        for pair in evidence.contrasts()
    ]


def progress_of(evidence: Evidence, *, column: str) -> list[Effect]:
    """Compare one measure of the winners' progress in training.

    Args:
        evidence: Evidence of the sweep.
        column: A column of `ffnn_lab.report.measures.progress.progress`: ``first.train`` is the
            train error after the first measured epoch, ``late`` the decrease of the test error in
            the second half of training.
    """
    pairs = evidence.contrasts()
    read = {
        arm: progress(evidence.sweep, evidence.confirmed(arm))[column] for arm in _arms_of(pairs)
    }
    return [
        # An error lost since half of training lies between -1 and 1.
        _effect(evidence, pair, differences_by_seed(read[pair.arm], read[pair.against]), reach=2)
        for pair in pairs
    ]


def error_at_equal_loss(evidence: Evidence) -> list[Effect]:
    """Compare the winners' test errors at equal train loss.

    At each seed, this is the lowest train loss that the runs of both arms reached.
    """
    effects = []
    pairs = evidence.contrasts()
    read = {arm: fitted_runs(evidence.sweep, evidence.confirmed(arm)) for arm in _arms_of(pairs)}
    for pair in pairs:
        arm, against = read[pair.arm], read[pair.against]
        values = {}
        for seed in sorted(arm.keys() & against.keys()):
            level = max(lowest_loss(arm[seed]), lowest_loss(against[seed]))
            error, other = (errors_at(each[seed], [level]) for each in (arm, against))
            values[seed] = float((error - other)["test.error"].iloc[0])
        if not values:
            msg = f"no seed of both {pair.arm} and {pair.against} completed"
            raise MissingEvidenceError(msg)
        effects.append(_effect(evidence, pair, pd.Series(values)))
    return effects


def _arms_of(pairs: Sequence[Contrast]) -> list[str]:
    return sorted({arm for pair in pairs for arm in (pair.arm, pair.against)})


def _effect(
    evidence: Evidence, pair: Contrast, values: "pd.Series[float]", *, reach: float = 1
) -> Effect:
    return winners_effect(
        evidence, str(pair), values, plus=[pair.arm], minus=[pair.against], reach=reach
    )
