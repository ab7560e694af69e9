"""The page ``docs/results/decay.md``: schedules of the learning rate at an equal budget.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.tables import arm_words, claim_words, comparison, difference_words

SWEEP, ON_IMAGES = "decay", "decay_small"
"""The sweep on the digits, and the sweep on Fashion-MNIST."""


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, SWEEP, "lr_and_dev_loss", "error_against_lr")
    on_images = page.numbers(ON_IMAGES)
    page.table("arms_on_images", arm_words(on_images.arms))
    page.table("differences_on_images", difference_words(on_images.differences))
    page.table("claims_on_images", claim_words(on_images.sweep))
    page.reported_figures(on_images, "lr_and_dev_loss", of="on_images")
