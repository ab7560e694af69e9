"""The gap on the separable problem needs full batches."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Claim, Evidence
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import gaps, is_plain
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN

MARGIN = 0.05
BATCHES = 5
"""Steps of an epoch; in the trial of PAPERS.md 1.4 the gap was gone at 4 to 5 and more."""


def _keep(runs: pd.DataFrame) -> pd.Series:
    return (
        runs["optimizer"].isin((*ADAPTIVE, *PLAIN))
        & is_plain(runs)
        & (runs["n_batches"] >= BATCHES)
    )


def measure(evidence: Evidence) -> list[Effect]:
    """Compare adaptive arms with SGD on the draws that both have."""
    return gaps(evidence, keep=_keep, by="batch_size")


CLAIM = Claim(
    name="separable_mini_batch",
    source="PAPERS.md 1.4 (CHECKED there; in no paper that was seen)",
    hypothesis="On the separable problem adaptive methods end at the test error of SGD if an "
    "epoch has five batches or more.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with n / batch "
    "size at least 5; the best setting of each draw",
    unit="percentage points",
    region=Region.within(MARGIN),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam beside sgd; task separable, trainer.batch_size at most n / 5",
    measure=measure,
)
