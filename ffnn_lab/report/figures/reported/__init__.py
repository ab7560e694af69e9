"""The figures of reports, one in each file. To add one, add its file: nothing else lists them."""

from ffnn_lab.registry import View
from ffnn_lab.report.figures.reported.figure import ReportFigure

FIGURES = View(ReportFigure)
"""The figures by name, in the order in which a report draws them."""
