"""The page ``docs/results/sentiment.md``: counts of words, or a mean of their vectors.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import arm_words, difference_words


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    numbers = page.numbers("sentiment")
    page.table("arms", arm_words(numbers.arms))
    page.table("differences", difference_words(numbers.differences))
    page.reported_figures(numbers, "paired_differences", "learning_curves")
