"""The sheet ``spreads``: how each arm's test errors spread over seeds."""

from typing import TYPE_CHECKING

from ffnn_lab.registry import register
from ffnn_lab.report.sheets.sheet import Estimate, Sheet, Words
from ffnn_lab.report.text.cells import INTERVAL, interval_cells, percent

if TYPE_CHECKING:
    import pandas as pd


def words(table: "pd.DataFrame") -> Words:
    """Return the formatted cells: means and quantiles in percent, deviations in points."""
    return {
        "arm": table["arm"].tolist(),
        f"test error (%) {INTERVAL}": interval_cells(table, "test.error"),
        f"interquartile mean (%) {INTERVAL}": interval_cells(table, "interquartile"),
        **{
            heading: [percent(value) for value in table[name]]
            for name, heading in (
                ("std", "deviation (points)"),
                ("test.error.std", "deviation between replicates (points)"),
                ("std_within", "deviation between seeds (points)"),
                ("lowest", "lowest (%)"),
                ("median", "median (%)"),
                ("highest", "highest (%)"),
            )
            if name in table
        },
        "seeds": [str(n) for n in table["n_seeds"]],
        "diverged": [str(n) for n in table["n_diverged"]],
    }


register(
    Sheet(
        name="spreads",
        order=5,
        numbers=lambda numbers: numbers.spreads if numbers.has_results else None,
        words=words,
        is_printed=False,
        caption="How test errors spread over {n}. Means have their {percent} t interval in "
        "brackets, interquartile means that of Tukey and McLaughlin; the deviation is the "
        "sample's.",
        caption_over="How test errors spread over {n}, {t}. Interquartile means are over the "
        "seeds of a replicate; lowest, median and highest are of the replicates' means. "
        "Deviations are the sample's: between the replicates' means, and between the seeds of a "
        "replicate.",
        estimates=(Estimate("interquartile", "interquartile mean"),),
    )
)
