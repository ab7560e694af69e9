"""The figure ``budget_curves``: the expected best score against the number of settings tried."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class BudgetCurves(ReportFigure):
    """The tuning score that a smaller number of settings would have found, for each arm."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the expected best score by arm and number of settings; None if there is none."""
        return numbers.budgets

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any expected score is finite."""
        return bool(self.drawing.has_place(points).any())

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the tuning runs of each arm."""
        return numbers.tried


register(BudgetCurves(name="budget_curves", order=8))
