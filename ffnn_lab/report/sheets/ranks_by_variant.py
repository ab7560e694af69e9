"""The order of arms in each variant."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.ranks import Ranks

if TYPE_CHECKING:
    import pandas as pd

    from ffnn_lab.report.measures.numbers import Numbers


class RanksByVariant(Ranks):
    """The ranks of arms in each variant."""

    def numbers(self, numbers: "Numbers") -> "pd.DataFrame":
        """Return one row per variant and arm."""
        return numbers.ranks_by_variant


register(
    RanksByVariant(
        name="ranks_by_variant",
        order=10,
        is_printed=False,
        caption="Order of the arms in each variant; the best settings over {n}, no interval.",
    )
)
