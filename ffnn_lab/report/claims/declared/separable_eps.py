"""With a large eps, adaptive methods have the test error of SGD on the separable problem."""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="separable_eps",
    order=9,
    source="our own computation (docs/papers.md, 1.4); inclusion: Choi et al. (2019)",
    hypothesis="On the separable problem adaptive methods with a large eps end at the test error "
    "of SGD, which they then contain.",
    quantity="test error of the adaptive method minus that of SGD on equal draws, with eps * n "
    "at least 10, at full batch; the best setting of each draw",
    unit="percentage points",
    region=Region.within(0.05),
    reason="5 points, an eighth of the gap at full batch (p = 0.6)",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam with optimizer.eps at least 10 / n, beside sgd; task "
    "separable, full batch",
    measure="separable.gap_with_large_eps",
    over="draws",
    # Gradients of a block are about 1 / n; docs/papers.md, 1.4, has the change at 1 to 3.
    arguments={"eps_times_n": 10},
)
register(CLAIM)
