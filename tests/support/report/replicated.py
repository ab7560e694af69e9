"""Small sweeps of several replicates with given errors, and tables of errors without a sweep."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.definition import REPLICATE_SHIFT
from ffnn_lab.records import DEFAULT_SETTING, Correct, RecordWriter, TrialRow
from tests.support.definitions import write_stored
from tests.support.report.builders import Last, make_config, make_definition, make_result

ARMS = ("sgd", "adam")
FRESH = (1000, 1001)

Came = Callable[[int, str, int, int], Last]
"""A function that returns the last errors or the status of a run.

Its arguments are replicate, arm, setting, and the seed without what the replicate adds.
"""
Wrong = Callable[[int, str, int, int], NDArray[np.bool_]]
"""A function that returns the test examples that a run of confirm classifies wrongly.

It has the arguments of `Came`.
"""


def write_replicated(
    folder: Path,
    came: Came,
    *,
    n_replicates: int,
    n_splits: int | None = None,
    wrong: Wrong | None = None,
    **definition: object,
) -> Path:
    """Write a sweep of two settings with one tuning seed, and return its folder.

    Winner and default are confirmed on two fresh seeds. The winner is setting 1 in odd replicates
    and setting 0 in even ones; the tuning errors that ``came`` returns must agree with this.

    Args:
        folder: The sweep's folder.
        came: Returns the last errors or the status of each run.
        n_replicates: Number of replicates.
        n_splits: Number of distinct splits among the replicates; None for one per replicate.
        wrong: Returns the wrong answers of each confirmed run, which determine its test error;
            None if runs have no answers.
        definition: Other parts of the definition.
    """
    splits = {"splits": n_splits} if n_splits else {}
    changes: dict[str, Any] = {"replicates": n_replicates, **splits, **definition}
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
                last = came(replicate, arm, setting, seed)
                answers = None
                if wrong is not None and stage == "confirm":
                    answers = wrong(replicate, arm, setting, seed)
                if answers is not None and not isinstance(last, str):
                    last = (*last[:2], float(answers.mean()))
                result = make_result(config, last)
                if answers is not None and result.status == "completed":
                    result = replace(result, correct=packed(answers))
                results.append(result)
                trials.append(
                    TrialRow(stage, arm, setting, shifted, result.run_id, replicate=replicate)
                )
    RecordWriter(folder).write(results, trials)
    return folder


def packed(wrong: NDArray[np.bool_], moment: str = "last") -> Correct:
    """Pack answers as in records, which have a bit for each right answer."""
    return Correct(moment, len(wrong), np.packbits(~wrong).tobytes())


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
