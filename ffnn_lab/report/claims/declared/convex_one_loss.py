"""The lecture: logistic regression is convex, so that every start ends at one loss."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="convex_one_loss",
    order=61,
    source="the lecture, on logistic regression",
    hypothesis="Logistic regression with a little weight decay, trained with all examples in each "
    "step, ends at one train loss whatever its initial weights.",
    quantity="last train loss of the worst start minus that of the best, relative to the best, "
    "over all gains and seeds",
    unit="%",
    region=Region.below(0.0001),
    reason="0.01% of the loss, for training that stops before its limit",
    sweeps=("nonconvexity",),
    arms="an arm with model linear, and initializer.gain among the axes",
    measure="starts.spread_without_hidden_layer",
)
register(CLAIM)
