"""Schmidt et al.: trying several optimizers untuned does about as well as tuning one of them."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="schmidt_untuned",
    order=17,
    source="Schmidt, Schneider and Hennig (2021)",
    hypothesis="The best of several untuned optimizers, chosen by dev error, has no higher test "
    "error than any one of them tuned.",
    quantity="test error of the default with the lowest mean dev error minus that of each arm's "
    "winner, at equal fresh seeds",
    unit="percentage points",
    region=Region.below(0.001),
    reason="0.1 points, as for Wilson et al.'s claim (i)",
    sweeps=("wilson_digits", "wilson_mnist", "wilson_fashion_mnist", "wilson_cifar10"),
    arms="three optimizers or more with axes, and confirm's untuned defaults",
    measure="defaults.best_of_all",
    arguments={"n_arms": 3},
)
register(CLAIM)
