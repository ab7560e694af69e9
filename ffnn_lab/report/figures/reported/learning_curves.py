"""Errors of each arm's best setting against the epoch."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


class LearningCurves(ReportFigure):
    """Mean train and test errors of the runs that are reported of each arm."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the mean errors by arm, split and epoch."""
        from ffnn_lab.edges import edge_text  # noqa: PLC0415 - pandas
        from ffnn_lab.report.figures.learning_curves import points  # noqa: PLC0415 - matplotlib

        edges = {name: edge_text(winner.edges) for name, winner in numbers.winners.items()}
        sweep = numbers.sweep
        return points(sweep.curves, sweep.runs, run_ids=numbers.reported, edges=edges)

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return train error on the left, test error on the right."""
        from ffnn_lab.report.figures.learning_curves import figure  # noqa: PLC0415 - matplotlib

        return figure(points)

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return a remark on each arm without runs to report."""
        return [
            f"{arm} is not in {self.name}: it has no runs on fresh seeds yet"
            for arm, run_ids in numbers.reported.items()
            if not run_ids
        ]


register(LearningCurves(name="learning_curves", order=1))
