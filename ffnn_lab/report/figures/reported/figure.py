"""The option of a figure: its points, its drawing, and the reports that include it."""

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

    The module of `ffnn_lab.report.figures` that has the figure's name, or the name in ``module``,
    draws the figure. Such a module imports matplotlib, so it is imported only when it is used. The
    argument ``numbers`` of the methods has the records of the reported folder, and all tables that
    are computed from them.
    """

    kind: ClassVar[str] = "figure"
    reports: Sequence[Kind] = (Kind.SWEEP,)
    """The kinds of reports that include the figure."""
    module: str = ""
    """Name of the module that draws the figure, and of the figure's files without suffix; empty if
    both have the figure's name."""
    is_of_all_conditions: bool = False
    """True if one figure shows all conditions of a sweep together; otherwise there is a figure for
    each condition."""
    earlier: Sequence[str] = ()
    """Names, without suffix, of files that earlier versions wrote for this figure; a report
    removes these files."""

    @property
    def stem(self) -> str:
        """The name of the figure's files, without their suffixes."""
        return self.module or self.name

    @property
    def drawing(self) -> Any:  # noqa: ANN401 - a module
        """The module that draws the figure, imported on first use."""
        return importlib.import_module(f"ffnn_lab.report.figures.{self.stem}")

    def points(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table that the figure shows; None if there is nothing to show.

        If the sweep has replicates, the table has the points of all replicates, whose number is in
        a column.
        """
        from ffnn_lab.report.measures.replicates import listed  # noqa: PLC0415 - pandas

        tables: list[pd.DataFrame] = [
            self.drawing.points(e.sweep, e.winners) for e in numbers.tunings
        ]
        return listed(tables) if numbers.replicates else tables[0]

    def has_place(self, points: "pd.DataFrame") -> bool:
        """Return True if any row of the table that `points` returns can be drawn."""
        return len(points) > 0

    def figure(self, points: "pd.DataFrame") -> "Figure":
        """Draw the figure.

        Args:
            points: The table that `points` returns, of which at least one row can be drawn.
        """
        drawn: Figure = self.drawing.figure(points)
        return drawn

    def behind(self, numbers: "Numbers") -> Mapping[str, Sequence[str]]:
        """Return the ids of the runs from which the figure is made, by arm."""
        return numbers.reported

    def left_out(self, numbers: "Numbers") -> list[str]:  # noqa: ARG002 - most leave out nothing
        """Return remarks, a sentence each, on results that the figure does not show."""
        return []

    def drawn(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table of `points`, or None if no row of it can be drawn."""
        points = self.points_once(numbers)
        return points if points is not None and self.has_place(points) else None

    def points_once(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return the table of `points`, which is computed once for each report."""
        return numbers.once(f"points of {self.name}", lambda: self.points(numbers))
