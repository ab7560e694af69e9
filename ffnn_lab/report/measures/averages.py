"""The table ``averages``: errors of predictions averaged over masks, or over networks.

``python -m analysis.averages SWEEP`` measures it from the saved networks of a sweep, and writes it
beside the sweep's records (`ffnn_lab.report.data.measured`), from which claims read it.
"""

import pandas as pd

from ffnn_lab.report.data.measured import measured_path, read_measured
from ffnn_lab.report.data.sweep import Sweep

TABLE = "averages"
"""Name of the table."""
MASKS, NETWORKS = "masks", "networks"
"""Values of the column ``over``: the predictions of one network are averaged over random dropout
masks, or those of whole networks (without masks) over the networks of an arm."""
KEYS = ("replicate", "arm", "over", "k", "seed")
COLUMNS = (*KEYS, "error", "loss")
"""The columns. ``k`` is the number of masks or networks whose class probabilities are averaged;
``seed`` that of the network, or of the first of ``k`` networks; ``error`` and ``loss`` (in nats)
are those of the average on the test split. One network without masks has ``over`` `NETWORKS` and
``k`` 1: its units are all kept, and its weights are those that training with rescaled units
ends with (weight scaling)."""


def read_averages(sweep: Sweep) -> pd.DataFrame | None:
    """Read the table of a sweep, or of one replicate of it.

    Returns:
        The rows, with the columns `COLUMNS`; None if the table was not measured.
    """
    if not measured_path(sweep.folder, TABLE).exists():
        return None
    table = read_measured(sweep.folder, TABLE)
    if sweep.whole is None:
        return table
    return table[table["replicate"] == sweep.definition.replicate].reset_index(drop=True)
