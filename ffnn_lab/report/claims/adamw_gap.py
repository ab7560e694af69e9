"""Loshchilov and Hutter: decoupled weight decay lets Adam compete with SGD."""

from ffnn_lab.report.claims.evidence import Claim, Evidence, MissingEvidenceError, winners_effect
from ffnn_lab.report.claims.rule import Effect, Region
from ffnn_lab.report.data.arms import PLAIN
from ffnn_lab.report.statistics import differences_by_seed

MARGIN = 0.001


def measure(evidence: Evidence) -> list[Effect]:
    """Take Adam's gap to a plain method with coupled decay minus that with decoupled decay."""
    effects = []
    for plain in PLAIN:
        coupled, decoupled = (
            (f"adam_{decay}", f"{plain}_{decay}") for decay in ("coupled", "decoupled")
        )
        if not {*coupled, *decoupled} <= set(evidence.sweep.arms):
            continue
        values = differences_by_seed(
            evidence.difference(*coupled), evidence.difference(*decoupled)
        )
        what = f"({' - '.join(coupled)}) - ({' - '.join(decoupled)})"
        effects.append(winners_effect(evidence, what, values, arms=(*coupled, *decoupled)))
    if not effects:
        msg = "it has no arms adam and sgd or heavy_ball in variants coupled and decoupled"
        raise MissingEvidenceError(msg)
    return effects


CLAIM = Claim(
    name="adamw_gap",
    source="Loshchilov and Hutter (2019), AdamW (SEEN[13])",
    hypothesis="Adam's test error minus a plain method's is smaller with decoupled than with "
    "coupled weight decay.",
    quantity="adam minus plain test error of the winners with coupled decay, minus the same with "
    "decoupled decay, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(MARGIN),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("weight_decay",),
    arms="adam_coupled, adam_decoupled and heavy_ball_coupled, heavy_ball_decoupled (or sgd_...)",
    measure=measure,
)
