"""A figure of a report, with all that is known of it."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ffnn_lab.registry import Option
from ffnn_lab.report.kinds import Kind

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ffnn_lab.report.measures.numbers import Numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportFigure(Option):
    """A figure of a report: its points, its layout, and the runs from which it is made.

    The module of `ffnn_lab.report.figures` that has its name draws it. Such a module imports
    matplotlib, so it is imported only when it is used.
    """

    kind: ClassVar[str] = "figure"
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that include the figure."""
    module: str = ""
    """The module that draws it, and the stem of its files, if not the figure's name."""
    is_of_all_conditions: bool = False
    """True if it shows all conditions of a sweep together; otherwise there is one for each."""
    earlier: Sequence[str] = ()
    """Stems of files that earlier versions wrote in its place, and that are removed."""

    @property
    def stem(self) -> str:
        """The name of its files, without their suffixes."""
        return self.module or self.name

    @property
    def drawing(self) -> Any:  # noqa: ANN401 - a module
        """The module that draws it."""
        return importlib.import_module(f"ffnn_lab.report.figures.{self.stem}")

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table that the figure shows; None if there is nothing to show.

        If the sweep has replicates, the table has the points of all, numbered in a column.
        """
        from ffnn_lab.report.measures.replicates import listed  # noqa: PLC0415 - pandas

        tables: list[pd.DataFrame] = [
            self.drawing.points(e.sweep, e.winners) for e in numbers.tunings
        ]
        return listed(tables) if numbers.replicates else tables[0]

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any of the points can be drawn."""
        return len(points) > 0

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Return the figure.

        Args:
            points: The table of `points`, of which at least one row can be drawn.
        """
        drawn: Figure = self.drawing.figure(points)
        return drawn

    def behind(self, numbers: "Numbers") -> Mapping[str, Sequence[str]]:
        """Return the ids of the runs behind the figure, by arm."""
        return numbers.reported

    def left_out(self, numbers: "Numbers") -> list[str]:  # noqa: ARG002 - most leave out nothing
        """Return remarks on what the figure does not show."""
        return []

    def drawn(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the points if any can be drawn, computed once for each report."""
        points = self.points_once(numbers)
        return points if points is not None and self.has_place(points) else None

    def points_once(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return `points`, computed once for each report."""
        return numbers.once(f"points of {self.name}", lambda: self.points(numbers))
