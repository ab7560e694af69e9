"""Srivastava et al.: with 500 training examples or fewer, dropout gains nothing."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="dropout_few_examples",
    order=21,
    source="Srivastava et al. (2014), figure 10",
    hypothesis="With 500 training examples or fewer, dropout at a rate of 0.5 does not lower the "
    "test error.",
    quantity="test error of the winner without dropout minus that of the winner with a rate of "
    "0.5, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(0.005),
    reason="half a point, a small part of the error with so few examples",
    sweeps=("dropout_data_size",),
    arms="none and dropout, across task.dev_fraction (0.745, 0.7 and 0.6 on the digits) or "
    "task.subset (200 and 1,000, half of which are for training)",
    measure="dropout.differences",
    arguments={
        "pairs": (("none", "dropout"),),
        "conditions": (
            {"task.dev_fraction": 0.745},
            {"task.dev_fraction": 0.7},
            {"task.dev_fraction": 0.6},
            {"task.subset": 200},
            {"task.subset": 1000},
        ),
    },
)
register(CLAIM)
