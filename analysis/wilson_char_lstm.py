"""The page ``docs/results/wilson_char_lstm.md``: a character LSTM by five optimizers.

Edit what you like, then run ``python -m analysis`` (`make paper`).
"""

from analysis.pages import Page
from analysis.rules import rule_difference_words, rule_words
from analysis.tables import comparison
from ffnn_lab.report.text.units import units_of

SWEEP = "wilson_char_lstm_small"
FIGURES = ("paired_differences", "learning_curves", "train_test_gap", "error_against_lr")


def make(page: Page) -> None:
    """Make the tables and figures of the page."""
    comparison(page, SWEEP, *FIGURES)
    sweep = page.numbers(SWEEP).sweep
    page.table("rules", units_of(sweep.runs).reworded_table(rule_words(sweep)))
    page.table("rule_differences", rule_difference_words(sweep))
