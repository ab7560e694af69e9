"""Srivastava et al.: with more than 500 training examples, dropout gains."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_many_examples",
    order=22,
    source="Srivastava et al. (2014), figure 10",
    hypothesis="With more than 500 and up to 10,000 training examples, dropout at a rate of 0.5 "
    "lowers the test error.",
    quantity="test error of the winner without dropout minus that of the winner with a rate of "
    "0.5, at equal fresh seeds",
    unit="percentage points",
    region=Region.above(0.001),
    reason="0.1 points, as for dropout_gain",
    sweeps=("dropout_data_size",),
    arms="none and dropout, across task.dev_fraction (0.4 and 0.2 on the digits) or task.subset "
    "(2,000 and 10,000, half of which are for training)",
    measure="dropout.differences",
    arguments={
        "pairs": (("none", "dropout"),),
        "conditions": (
            {"task.dev_fraction": 0.4},
            {"task.dev_fraction": 0.2},
            {"task.subset": 2000},
            {"task.subset": 10000},
        ),
    },
)
register(CLAIM)
