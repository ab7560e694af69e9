"""The page ``docs/results/wilson_fashion_mnist.md``: adaptive and plain methods on Fashion-MNIST.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import comparison

FIGURES = (
    "paired_differences",
    "learning_curves",
    "train_test_gap",
    "error_against_lr",
)


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, "wilson_fashion_mnist_small", *FIGURES)
