"""The expected best score against the number of settings tried."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class BudgetCurves(ReportFigure):
    """The error that smaller tuning budgets would have found."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the expected best score by arm and budget."""
        return numbers.budgets

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any expected score is finite."""
        return bool(self.drawing.has_place(points).any())

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the tuning runs."""
        return numbers.tried


register(BudgetCurves(name="budget_curves", order=8))
