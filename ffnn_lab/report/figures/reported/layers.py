"""The figure ``layers``: the diagnoses of each arm's reported runs, layer by layer."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.figures.reported.figure import ReportFigure
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class Layers(ReportFigure):
    """Deviations of activations and gradients, and shares of dead or saturated units."""

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the statistics by arm, moment and layer; None if no reported run has any."""
        layers = numbers.records.layers
        run_ids = self.behind(numbers)
        reported = {run_id for ids in run_ids.values() for run_id in ids}
        # A diagnosis of the end alone, of a run that learned nothing, shows no course.
        own = layers[layers["run_id"].isin(list(reported))]
        if not (own["epoch"] == 0).any():
            return None
        found: pd.DataFrame = self.drawing.points(own, run_ids=run_ids)
        return found


register(Layers(name="layers", order=12, reports=(Kind.SWEEP,)))
