"""Progress of an arm: how fast it learns at first, and how much it still gains later."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ffnn_lab.report.data.rows import curves_of, results
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.tables import difference_columns, error_columns
from ffnn_lab.report.statistics import mean_interval

POINTS = (("first", "train"), ("first", "test"), ("half", "test"), ("last", "test"))
"""Points at which the error is tabulated, each an epoch and a split; see `progress`."""


def progress(sweep: Sweep, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of runs early, half way and at their end.

    ``first`` is the first epoch that was measured after the start, ``half`` the first that was
    measured in the second half, ``last`` the last epoch, whatever the objective's moment. A run
    that diverged has the error of chance at all three, although it may have learned before.

    Args:
        sweep: The sweep to which the runs belong.
        rows: Rows of `Sweep.rows` of one setting.

    Returns:
        One row per run that has a result, its seed as index. The columns are the errors at the
        points of `POINTS`, ``first.train``, ``first.test``, ..., and ``late``, the test error at
        ``half`` minus that at ``last``: positive where the run still improved.
    """
    found = {}
    curves = curves_of(sweep, rows["run_id"])
    of_runs = (
        results(rows)[name].tolist() for name in ("seed", "run_id", "status", "chance_error")
    )
    for seed, run_id, status, chance in zip(*of_runs, strict=True):
        if status == "diverged":
            errors = dict.fromkeys(POINTS, float(chance))
        else:
            errors = _errors(curves[run_id])
        found[seed] = [errors[point] for point in POINTS]
    numbers = np.array(list(found.values()), dtype=float).reshape(-1, len(POINTS))
    names = [f"{when}.{split}" for when, split in POINTS]
    table = pd.DataFrame(numbers, index=list(found), columns=names)
    return table.assign(late=table["half.test"] - table["last.test"])


def _errors(curve: pd.DataFrame) -> dict[tuple[str, str], float]:
    epochs = curve.index.to_numpy()
    first = int(np.searchsorted(epochs, 0, side="right"))
    half = max(first, int(np.searchsorted(epochs, epochs[-1] / 2)))
    at = {"first": first, "half": half, "last": len(epochs) - 1}
    errors = {split: curve[f"{split}.error"].to_numpy() for _, split in POINTS}
    return {(when, split): float(errors[split][at[when]]) for when, split in POINTS}


def progress_table(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Tabulate the mean `progress` of each arm's reported runs.

    Returns:
        One row per arm: ``n_seeds``, and the mean of each column of `progress` with the ends of
        its 95% t interval over seeds.
    """
    rows = []
    for name in sweep.arms:
        reported = winners[name].rows if name in winners else sweep.rows.iloc[:0]
        errors = progress(sweep, reported)
        columns: dict[str, object] = {"arm": name, "n_seeds": len(errors)}
        for column in errors:
            to_columns = difference_columns if column == "late" else error_columns
            interval = mean_interval(errors[column].tolist())
            columns |= to_columns(sweep, str(column), interval)
        rows.append(columns)
    return pd.DataFrame(rows)
