"""Zou et al.: with weight decay, all methods find the one solution of a convex objective."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="zou_one_solution",
    order=11,
    source="Zou, Cao, Li and Gu (2021), on convex objectives",
    hypothesis="On the separable problem with coupled weight decay all methods end at the train "
    "loss of SGD, and so at its solution.",
    quantity="train loss of a method minus that of SGD, relative to it, on equal draws with equal "
    "weight decay at full batch; the best setting of each draw",
    unit="%",
    region=Region.within(0.01),
    reason="1% of the loss, for training that stops before its limit",
    sweeps=("wilson_separable",),
    arms="heavy_ball or an adaptive arm beside sgd, with optimizer.weight_decay above 0 and "
    "optimizer.decay coupled; task separable, full batch",
    measure="separable.gap_with_weight_decay",
    over="draws",
    arguments={"column": "train.loss", "is_relative": True, "compares_all": True},
)
register(CLAIM)
