"""Sivaprasad et al.: with a small budget for tuning, Adam is a better choice than SGD."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="sivaprasad_small_budget",
    order=16,
    source="Sivaprasad et al. (2020)",
    hypothesis="With a budget of four random settings, Adam with only its step tuned finds a "
    "lower dev error than SGD with only its step tuned.",
    quantity="expected tuning score of the best of 4 independently drawn settings, Adam's minus "
    "SGD's, in the smallest space that the sweep has",
    unit="percentage points",
    region=Region.below(-0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("inclusion",),
    arms="adam and sgd of one variant (adam_lr, sgd_lr), protocol random, 16 settings or more",
    measure="budgets.best_of",
    arguments={"arm": "adam", "against": "sgd", "n_settings": 4},
)
register(CLAIM)
