"""The tables of reports, one in each file. To add one, add its file: nothing else lists them."""

from ffnn_lab.registry import View
from ffnn_lab.report.sheets.sheet import Sheet

SHEETS = View(Sheet)
"""The sheets by name, in the order in which a report shows them."""
