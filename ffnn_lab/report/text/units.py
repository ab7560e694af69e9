"""The units of errors and losses, which depend on what the tasks of a folder predict.

Headings of tables and labels of figures are written for tasks that predict classes: errors in
percent of the examples, losses in nats. If all runs predict a number, an error is a mean squared
residual in percent of the variance of the train labels, and headings and labels are changed
accordingly; differences stay percentage points. If all runs predict letters, an error is a loss in
percent of a bit per letter: 250 is two bits and a half.
"""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from ffnn_lab.report.data.rows import predicts_letters, predicts_numbers

SHARES = ("improves ", "variance ", "same first in", "share of")
"""Beginnings of headings whose percentages are not percentages of errors."""


@dataclass(frozen=True)
class Units:
    """The units in brackets after an error and after a loss, in headings and labels."""

    error: str
    loss: str

    def reworded(self, heading: str) -> str:
        """Return a heading or the label of an axis, written for classes, with these units."""
        if not heading.startswith(SHARES):
            heading = heading.replace("(%)", f"({self.error})")
        return heading.replace("(nats)", f"({self.loss})")

    def reworded_table(self, words: pd.DataFrame) -> pd.DataFrame:
        """Return a table whose headings have these units."""
        return words.rename(columns=self.reworded)

    def reword_figure_(self, figure: Figure) -> None:
        """Change the labels of a figure's axes, in place, to these units."""
        for ax in figure.axes:
            ax.set_xlabel(self.reworded(ax.get_xlabel()))
            ax.set_ylabel(self.reworded(ax.get_ylabel()))


OF_CLASSES = Units("%", "nats")
OF_NUMBERS = Units("% of variance", "share of variance")
OF_LETTERS = Units("% of a bit per letter", "nats per letter")
OF_LETTERS_AND_OTHERS = Units("%, of letters % of a bit", "nats or of its task")
OF_BOTH = Units("%", "nats or share of variance")
OF_SIGNS = Units("%", "mean square")
"""Units for labels -1 and +1 under the squared loss."""


def units_of(runs: pd.DataFrame) -> Units:
    """Return the units of the errors and losses of a folder's runs.

    Args:
        runs: The table ``runs`` of the records.
    """
    if runs.empty:
        return OF_CLASSES
    is_letter = predicts_letters(runs)
    if is_letter.any():
        return OF_LETTERS if is_letter.all() else OF_LETTERS_AND_OTHERS
    is_number = predicts_numbers(runs)
    if is_number.all():
        return OF_NUMBERS
    if is_number.any():
        return OF_BOTH
    is_squared = "task.loss" in runs and (runs["task.loss"] == "squared").all()
    return OF_SIGNS if is_squared else OF_CLASSES
