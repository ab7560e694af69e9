"""The figure ``learning_curves``: mean errors of each arm's best setting against the epoch."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class LearningCurves(ReportFigure):
    """Train error against the epoch on the left, test error on the right."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return the mean error by arm, split and epoch."""
        tables = [self._points_of(each) for each in numbers.tunings]
        if not numbers.replicates:
            return tables[0]
        found: pd.DataFrame = self.drawing.points_over_replicates(tables)
        return found

    def _points_of(self, numbers: "Numbers") -> "pd.DataFrame":
        from ffnn_lab.edges import edge_text  # noqa: PLC0415 - pandas

        edges = {name: edge_text(winner.edges) for name, winner in numbers.winners.items()}
        sweep = numbers.sweep
        found: pd.DataFrame = self.drawing.points(
            sweep.curves, sweep.runs, run_ids=numbers.reported, edges=edges
        )
        return found

    def left_out(self, numbers: "Numbers") -> list[str]:
        """Return a remark on each arm that has no reported runs yet."""
        return [
            f"{arm} is not in {self.name}: it has no runs on fresh seeds yet"
            for arm, run_ids in numbers.reported.items()
            if not run_ids
        ]


register(LearningCurves(name="learning_curves", order=1))
