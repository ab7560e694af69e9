"""The formatted cells of the sheets that rank arms."""

import math
from typing import TYPE_CHECKING

from ffnn_lab.report.sheets.sheet import Words
from ffnn_lab.report.text.cells import ABSENT

if TYPE_CHECKING:
    import pandas as pd


def words_of_ranks(table: "pd.DataFrame") -> Words:
    """Return the formatted cells of a table of the arms' ranks in several search spaces.

    Args:
        table: A table of `ffnn_lab.report.measures.stability.stability_table`, or one with the
            same columns.
    """
    where = "replicates" if "n_replicates" in table else "resamples"
    return {
        "space": table["space"].tolist(),
        "arm": table["arm"].tolist(),
        "settings": [str(n) for n in table["n_settings"]],
        "rank": [f"{rank:.3g}" for rank in table["rank"]],
        "rank in the whole space": [f"{rank:.3g}" for rank in table["rank.whole"]],
        "agreement (Kendall's tau)": [
            ABSENT if math.isnan(tau) else f"{tau:.2f}" for tau in table["agreement"]
        ],
        f"same first in {where} (%)": [f"{100 * share:.0f}" for share in table["same_first"]],
    }
