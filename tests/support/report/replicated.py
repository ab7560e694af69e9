"""Small sweeps of several replicates, whose errors are given, and tables of errors alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.definition import REPLICATE_SHIFT
from ffnn_lab.records import DEFAULT_SETTING, RecordWriter, TrialRow
from tests.support.definitions import write_stored
from tests.support.report.builders import Last, make_config, make_definition, make_result

ARMS = ("sgd", "adam")
FRESH = (1000, 1001)

Came = Callable[[int, str, int, int], Last]
"""From replicate, arm, setting and seed (less what the replicate adds), what a run came to."""


def write_replicated(
    folder: Path, came: Came, *, n_replicates: int, n_splits: int | None = None
) -> Path:
    """Write a sweep of two settings with one tuning seed, winner and default on two fresh seeds.

    Setting 1 wins in odd replicates and setting 0 in even ones, if ``came`` has tuning runs so.

    Args:
        folder: Where.
        came: What each run came to.
        n_replicates: Times that all is repeated.
        n_splits: Distinct splits among them.
    """
    changes = {"replicates": n_replicates} | ({"splits": n_splits} if n_splits else {})
    protocol = {"name": "random", "n_settings": 2, "seed": 0}
    stages = {"tune": {"seeds": [0]}, "confirm": {"seeds": list(FRESH)}}
    write_stored(folder, make_definition(protocol=protocol, **changes, **stages))
    results, trials = [], []
    for replicate in range(n_replicates):
        for arm in ARMS:
            winner = replicate % 2
            runs = [("tune", 0, 0), ("tune", 1, 0)]
            runs += [
                ("confirm", each, seed) for each in (winner, DEFAULT_SETTING) for seed in FRESH
            ]
            for stage, setting, seed in runs:
                shifted = seed + replicate * REPLICATE_SHIFT
                config = make_config(arm, setting, shifted)
                result = make_result(config, came(replicate, arm, setting, seed))
                results.append(result)
                trials.append(
                    TrialRow(stage, arm, setting, shifted, result.run_id, replicate=replicate)
                )
    RecordWriter(folder).write(results, trials)
    return folder


def table_of(values: NDArray[np.float64], *arms: str) -> pd.DataFrame:
    """Build a table of errors as `ffnn_lab.report.measures.tuned_errors.tuned_errors` does.

    Args:
        values: Of shape ``(replicates, seeds, arms)``.
        arms: The names of the arms.
    """
    n, n_seeds, _ = values.shape
    index = pd.MultiIndex.from_product(
        [range(n), range(1000, 1000 + n_seeds)], names=["replicate", "seed"]
    )
    return pd.DataFrame(values.reshape(n * n_seeds, -1), index=index, columns=list(arms))
