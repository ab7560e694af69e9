"""Srivastava et al.: dropout lowers the test error of a network."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_gain",
    order=18,
    source="Srivastava et al. (2014), figure 4 and the results on MNIST",
    hypothesis="A network whose hidden units are dropped at a rate of 0.5 has a lower test error "
    "than the same network without dropout, each at its best learning rate.",
    quantity="test error of the winner without dropout minus that of the winner with a rate of "
    "0.5, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i); the paper's gain on MNIST is 0.25 to "
    "0.35 points",
    sweeps=("dropout_rate", "dropout_optimizer", "dropout_averaging"),
    arms="n_0 and n_50; or sgd_none and sgd_dropout, the same with heavy_ball or adam; or none "
    "and dropout",
    measure="dropout.differences",
    arguments={
        "pairs": (
            ("n_0", "n_50"),
            ("sgd_none", "sgd_dropout"),
            ("heavy_ball_none", "heavy_ball_dropout"),
            ("adam_none", "adam_dropout"),
            ("none", "dropout"),
        )
    },
)
register(CLAIM)
