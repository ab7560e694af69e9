"""The sheet ``separable_labeled``: draws of the separable problem that cannot show the effect.

These are draws to which the paper's lemma does not apply, or that have no train label of -1.
"""

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
