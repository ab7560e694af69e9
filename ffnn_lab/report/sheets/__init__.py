"""The tables of reports, called sheets, an option in each file.

To add a sheet, add its file: nothing else lists the sheets. The function ``words`` of such a file
turns a table of numbers into formatted cells.
"""

from ffnn_lab.registry import View
from ffnn_lab.report.sheets.sheet import Sheet

SHEETS = View(Sheet)
"""The sheets by name, in the order in which a report shows them."""
