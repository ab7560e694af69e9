"""Loshchilov and Hutter: decoupled weight decay brings Adam's test error nearer to SGD's."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="adamw_gap",
    order=15,
    source="Loshchilov and Hutter (2019), AdamW",
    hypothesis="Adam's test error minus a plain method's is smaller with decoupled than with "
    "coupled weight decay.",
    quantity="adam minus plain test error of the winners with coupled decay, minus the same with "
    "decoupled decay, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("weight_decay",),
    arms="adam_coupled, adam_decoupled and heavy_ball_coupled, heavy_ball_decoupled (or sgd_...)",
    measure="spaces.gap_closed_by_decoupling",
)
register(CLAIM)
