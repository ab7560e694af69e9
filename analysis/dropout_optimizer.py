"""The page ``docs/results/dropout_optimizer.md``: dropout under SGD, heavy ball and Adam.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import comparison


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, "dropout_optimizer", "paired_differences", "learning_curves")
