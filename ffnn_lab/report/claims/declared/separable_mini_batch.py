"""In mini-batches, adaptive methods have the test error of SGD on the separable problem."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="separable_mini_batch",
    order=8,
    source="our own computation (docs/papers.md, 1.4), in no paper that was read",
    hypothesis="On the separable problem adaptive methods end at the test error of SGD if an "
    "epoch has five batches or more.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with n / batch "
    "size at least 5; the best setting of each draw",
    unit="percentage points",
    region=Region.within(0.05),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam beside sgd; task separable, trainer.batch_size at most n / 5",
    measure="separable.gap_in_mini_batches",
    over="draws",
    # Steps of an epoch; in the trial of docs/papers.md, 1.4, the gap was gone at 4 to 5 and more.
    arguments={"n_batches": 5},
)
register(CLAIM)
