"""The same of draws of the separable problem that cannot show the gap."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.sheets.conditions import readable
from ffnn_lab.report.sheets.sheet import Sheet, Words

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class SeparableLabeled(Sheet):
    """Draws that cannot show the gap, by the reason."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return one row per reason, arm and combination of conditions."""
        return numbers.separable.labeled

    def words(self, table: "pd.DataFrame") -> Words:
        """Return counts, errors in percent and cosines."""
        return readable(table)


register(
    SeparableLabeled(
        name="separable_labeled",
        order=13,
        reports=(Kind.SEPARABLE,),
    )
)
