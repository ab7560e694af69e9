"""The page ``docs/results/wilson_digits.md``: adaptive and plain methods on the digits, tuned.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import comparison

FIGURES = (
    "paired_differences",
    "learning_curves",
    "train_test_gap",
    "gain_by_optimizer",
    "error_against_dropout",
)


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, "wilson_digits", *FIGURES)
