"""The figures of reports, an option in each file.

To add a figure, add its file: nothing else lists the figures.
"""

from ffnn_lab.registry import View
from ffnn_lab.report.figures.reported.figure import ReportFigure

FIGURES = View(ReportFigure)
"""The figures by name, in the order in which a report draws them."""
