"""Errors of a single run against the epoch."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class LearningCurvesOfRun(ReportFigure):
    """The three splits of the one run that a folder holds."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the run's errors by split and epoch; None where there are several runs."""
        from ffnn_lab.report.figures.learning_curves import points  # noqa: PLC0415 - matplotlib

        records = numbers.records
        if len(records.runs) != 1:
            return None
        return points(records.curves, records.runs, run_ids=self.behind(numbers))

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the splits in one panel."""
        from ffnn_lab.report.figures.learning_curves import figure_of_run  # noqa: PLC0415 - matplotlib

        return figure_of_run(points)

    def behind(self, numbers: "Numbers") -> dict[str, list[str]]:
        """Return the id of the run."""
        return {"run": numbers.records.runs["run_id"].tolist()}


register(
    LearningCurvesOfRun(
        name="learning_curves_of_run", order=2, reports=(Kind.RUN,), stem="learning_curves"
    )
)
