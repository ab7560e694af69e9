"""The gap on the separable problem needs a small eps."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Claim, Evidence
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import gaps, is_full_batch
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN

MARGIN = 0.05
GRADIENTS = 10
"""Least eps times n: gradients of a block are about 1 / n, and the trial of PAPERS.md 1.4 saw the
change at 1 to 3."""


def _keep(runs: pd.DataFrame) -> pd.Series:
    is_large = runs["optimizer"].isin(ADAPTIVE) & (runs["eps"] * runs["n"] >= GRADIENTS)
    return (
        (is_large | runs["optimizer"].isin(PLAIN))
        & is_full_batch(runs)
        & (runs["weight_decay"] == 0)
    )


def measure(evidence: Evidence) -> list[Effect]:
    """Compare adaptive arms with SGD on the draws that both have."""
    return gaps(evidence, keep=_keep, by="eps")


CLAIM = Claim(
    name="separable_eps",
    source="PAPERS.md 1.4 (CHECKED there); inclusion: Choi et al. (2019) (SEEN[10])",
    hypothesis="On the separable problem adaptive methods with a large eps end at the test error "
    "of SGD, which they then contain.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with eps * n "
    "at least 10, at full batch; the best setting of each draw",
    unit="percentage points",
    region=Region.within(MARGIN),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam with optimizer.eps at least 10 / n, beside sgd; task "
    "separable, full batch",
    measure=measure,
)
