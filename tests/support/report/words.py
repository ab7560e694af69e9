"""Sheets of a report as tables of words."""

import pandas as pd

from ffnn_lab.report.sheets import SHEETS


def worded(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the words of a sheet for these numbers."""
    return pd.DataFrame(SHEETS[name].words(table))
