"""The lecture: networks are not convex, so that different starts end at different losses."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="nonconvex_losses",
    order=62,
    source="the lecture, on networks with a hidden layer",
    hypothesis="A network with one hidden layer, trained in the same way, ends at different train "
    "losses from different initial weights, even among the starts that do not fail.",
    quantity="last train loss of the worst start minus that of the best, relative to the best, "
    "over the seeds at gain 1",
    unit="%",
    region=Region.above(0.01),
    reason="1% of the loss: more than what the last hundred steps change, so that the spread is "
    "not one of training that stops before its limit",
    sweeps=("nonconvexity",),
    arms="an arm with a hidden layer, and initializer.gain among the axes, 1 one of its values",
    measure="starts.spread_with_hidden_layer",
    arguments={"gain": 1.0},
)
register(CLAIM)
