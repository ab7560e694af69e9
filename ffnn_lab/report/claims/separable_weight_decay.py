"""The gap on the separable problem vanishes with weight decay."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Claim, Evidence
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import SMALL_EPS, gaps, is_full_batch
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN

MARGIN = 0.05


def _keep(runs: pd.DataFrame) -> pd.Series:
    return (
        runs["optimizer"].isin((*ADAPTIVE, *PLAIN))
        & is_full_batch(runs)
        & (runs["eps"] <= SMALL_EPS)
        & (runs["weight_decay"] > 0)
        & runs["is_coupled"]
    )


def measure(evidence: Evidence) -> list[Effect]:
    """Compare adaptive arms with SGD on the draws that both have."""
    return gaps(evidence, keep=_keep, by="weight_decay")


CLAIM = Claim(
    name="separable_weight_decay",
    source="Zou, Cao, Li and Gu (2021), on convex objectives (SEEN[16])",
    hypothesis="On the separable problem with coupled weight decay adaptive methods end at the "
    "test error of SGD.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with equal "
    "weight decay at full batch; the best setting of each draw",
    unit="percentage points",
    region=Region.within(MARGIN),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam beside sgd, with optimizer.weight_decay above 0 and "
    "optimizer.decay coupled; task separable, full batch",
    measure=measure,
)
