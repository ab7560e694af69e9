"""The sheet of draws of the separable problem that cannot show the gap."""

from ffnn_lab.registry import register
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.sheets.conditions import readable
from ffnn_lab.report.sheets.sheet import Sheet

register(
    Sheet(
        name="separable_labeled",
        order=13,
        numbers=lambda numbers: numbers.separable.labeled,
        words=readable,
        reports=(Kind.SEPARABLE,),
    )
)
