"""Sheets of a report as tables of words."""

import pandas as pd

from ffnn_lab.report.sheets import SHEETS


def worded(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a sheet of a report as a table of words, made from a table of numbers."""
    return pd.DataFrame(SHEETS[name].words(table))
