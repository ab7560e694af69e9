"""Dropout gains as much under SGD and heavy ball as under Adam."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_optimizers",
    order=23,
    source="our own question: dropout changes the loss, whatever the optimizer; in no paper that "
    "was read",
    hypothesis="Dropout lowers the test error of a plain method as much as that of Adam.",
    quantity="gain of a plain method minus gain of Adam, at equal fresh seeds; a gain is the "
    "test error of the winner without dropout minus that of the winner with a rate of 0.5",
    unit="percentage points",
    region=Region.within(0.005),
    reason="half a point, as for dropout_plateau",
    sweeps=("dropout_optimizer",),
    arms="adam_none and adam_dropout beside sgd_none and sgd_dropout, or beside heavy_ball_none "
    "and heavy_ball_dropout",
    measure="dropout.differences_of_gains",
    arguments={
        "pairs": (
            (("sgd_none", "sgd_dropout"), ("adam_none", "adam_dropout")),
            (("heavy_ball_none", "heavy_ball_dropout"), ("adam_none", "adam_dropout")),
        )
    },
)
register(CLAIM)
