"""The page ``docs/results/inclusion.md``: three nested search spaces.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import comparison


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, "inclusion", "paired_differences", "budget_curves")
