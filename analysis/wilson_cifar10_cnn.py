"""The page ``docs/results/wilson_cifar10_cnn.md``: a convolutional net by five optimizers.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.rules import make_by_rules


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    make_by_rules(page, "wilson_cifar10_cnn_small")
