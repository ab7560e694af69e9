"""Wilson et al., section 3.3: adaptive methods misclassify all negative examples.

On the separable problem, they classify every test example as positive.
"""

from ffnn_lab.registry import register
from ffnn_lab.report.claims.claim import Claim
from ffnn_lab.report.claims.region import Region

CLAIM = Claim(
    name="separable_adaptive",
    order=6,
    source="Wilson et al. (2017), section 3.3",
    hypothesis="On the separable problem AdaGrad, RMSProp and Adam end at the sign solution, "
    "whose test error is 1 - p, the share of negative labels.",
    quantity="test error minus 1 - p at full batch, with eps at most 1e-6 and no weight decay; "
    "the best setting of each draw",
    unit="percentage points",
    region=Region.within(0.1),
    reason="10 points, a quarter of the way to the other solution at p = 0.6; the share of "
    "negative labels among 100 test examples has a deviation of 4.9 points from draw to draw",
    sweeps=("wilson_separable",),
    arms="adagrad, rmsprop or adam; task separable, trainer.batch_size full",
    measure="separable.at_the_sign_solution",
    over="draws",
)
register(CLAIM)
