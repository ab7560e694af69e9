"""What sweeps on the separable problem found, beside its closed forms."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.sheets.conditions import readable
from ffnn_lab.report.sheets.sheet import Sheet, Words

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class Separable(Sheet):
    """Draws that can show the gap between the two solutions."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return one row per arm and combination of conditions."""
        return numbers.separable.table

    def words(self, table: "pd.DataFrame") -> Words:
        """Return counts, errors in percent and cosines."""
        return readable(table)


register(
    Separable(
        name="separable",
        order=12,
        reports=(Kind.SEPARABLE,),
    )
)
