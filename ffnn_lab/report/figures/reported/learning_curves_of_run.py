"""The figure ``learning_curves_of_run``: the errors of a single run against the epoch."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class LearningCurvesOfRun(ReportFigure):
    """The errors of a single run on train, dev and test, in one panel."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the run's errors by split and epoch; None if the folder has several runs."""
        records = numbers.records
        if len(records.runs) != 1:
            return None
        found: pd.DataFrame = self.drawing.points(
            records.curves, records.runs, run_ids=self.behind(numbers)
        )
        return found

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Draw the figure from the table that `points` returns."""
        drawn: Figure = self.drawing.figure_of_run(points)
        return drawn

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the ids of the folder's runs, under the key ``run``."""
        return {"run": numbers.records.runs["run_id"].tolist()}


register(
    LearningCurvesOfRun(
        name="learning_curves_of_run", order=2, reports=(Kind.RUN,), module="learning_curves"
    )
)
