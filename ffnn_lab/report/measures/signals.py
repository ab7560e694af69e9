"""Signals in the layers of the reported runs, before the first step and after the last epoch."""

import pandas as pd

from ffnn_lab.records import LAYER_STATISTICS

START, END = "start", "end"
"""The two moments: before the first step, and at the last diagnosis."""


def signals_of(layers: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the diagnoses of some runs at the start and at the end.

    Args:
        layers: The table ``layers`` of the records.
        rows: Rows of `ffnn_lab.report.data.sweep.Sweep.rows`, whose runs are meant.

    Returns:
        One row per run, moment and layer: ``replicate``, ``arm``, ``seed``, ``run_id``,
        ``moment``, ``layer`` and the statistics of `ffnn_lab.records.LAYER_STATISTICS`.
    """
    last = layers.groupby("run_id")["epoch"].transform("max")
    chosen = [layers["epoch"] == 0, (layers["epoch"] == last) & (last > 0)]
    parts = [
        layers[is_chosen].assign(moment=moment)
        for moment, is_chosen in zip((START, END), chosen, strict=True)
    ]
    names = ["replicate", "arm", "seed", "run_id"]
    found = rows[names].merge(pd.concat(parts), on="run_id")
    return found[[*names, "moment", "layer", *LAYER_STATISTICS]]
