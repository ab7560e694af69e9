"""The sheet ``separable``: results on the separable problem, beside its closed forms."""

from ffnn_lab.registry import register
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.sheets.conditions import readable
from ffnn_lab.report.sheets.sheet import Sheet

register(
    Sheet(
        name="separable",
        order=12,
        numbers=lambda numbers: numbers.separable.table,
        words=readable,
        reports=(Kind.SEPARABLE,),
    )
)
