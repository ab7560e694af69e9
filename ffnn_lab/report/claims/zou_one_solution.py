"""Zou et al.: with weight decay a convex objective has one solution, whoever looks for it."""

import pandas as pd

from ffnn_lab.report.claims.evidence import Claim, Evidence
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.claims.separable import SMALL_EPS, gaps, is_full_batch
from ffnn_lab.report.data.arms import ADAPTIVE, PLAIN

MARGIN = 0.01


def _keep(runs: pd.DataFrame) -> pd.Series:
    return (
        runs["optimizer"].isin((*ADAPTIVE, *PLAIN))
        & is_full_batch(runs)
        & (runs["eps"] <= SMALL_EPS)
        & (runs["weight_decay"] > 0)
        & runs["is_coupled"]
    )


def measure(evidence: Evidence) -> list[Effect]:
    """Compare train losses with SGD's on the draws that both have."""
    return gaps(evidence, keep=_keep, by="weight_decay", column="train.loss", is_relative=True)


CLAIM = Claim(
    name="zou_one_solution",
    source="Zou, Cao, Li and Gu (2021), on convex objectives (SEEN[16])",
    hypothesis="On the separable problem with coupled weight decay all methods end at the train "
    "loss of SGD, and so at its solution.",
    quantity="train loss of a method minus that of SGD, relative to it, on equal draws with equal "
    "weight decay at full batch; the best setting of each draw",
    unit="%",
    region=Region.within(MARGIN),
    reason="1% of the loss, for training that stops before its limit",
    sweeps=("wilson_separable",),
    arms="heavy_ball or an adaptive arm beside sgd, with optimizer.weight_decay above 0 and "
    "optimizer.decay coupled; task separable, full batch",
    measure=measure,
)
