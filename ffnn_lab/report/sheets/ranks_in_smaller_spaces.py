"""The order of arms when every axis keeps a part of its range."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.ranks import Ranks

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class RanksInSmallerSpaces(Ranks):
    """The ranks of arms in smaller spaces."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame | None":
        """Return one row per space and arm, if settings were drawn independently."""
        return None if numbers.budgets is None else numbers.ranks_in_smaller_spaces


register(
    RanksInSmallerSpaces(
        name="ranks_in_smaller_spaces",
        order=9,
        is_printed=False,
        caption="Order of the arms by what tuning finds when every axis keeps a part of its "
        "range; {tuning} each, no interval.",
    )
)
