"""Functions of rows of runs: masks by task and by result, errors by seed, learning curves."""

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.records import METRICS
from ffnn_lab.scores import counted_values

if TYPE_CHECKING:
    from ffnn_lab.report.data.sweep import Sweep


def predicts_numbers(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return a mask of the runs whose task predicts a number and not a class.

    The config's field ``task.kind`` decides. Where it is ``auto`` or missing, the chance error
    decides: it is 1 for a number, and below 1 for every number of classes. Tasks that predict
    letters are excluded.

    Args:
        runs: Rows of the table ``runs``.
    """
    by_chance: pd.Series[bool] = (runs["chance_error"] >= 1) & ~predicts_letters(runs)
    if "task.kind" not in runs:
        return by_chance
    kind = runs["task.kind"]
    return by_chance.mask(kind.isin(["classification", "regression"]), kind == "regression")


def predicts_letters(runs: pd.DataFrame) -> "pd.Series[bool]":
    """Return a mask of the runs whose task predicts each letter of a text from earlier letters.

    Args:
        runs: Rows of the table ``runs``.
    """
    if "task.stretch" not in runs:
        return pd.Series(data=False, index=runs.index)
    return runs["task.stretch"].notna()


def has_result(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Return a mask of the runs that have a result; pruned and failed runs have none."""
    status = rows["status"].to_numpy(dtype=object)
    found: NDArray[np.bool_] = (status == "completed") | (status == "diverged")
    return found


def results(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that have a result; pruned and failed runs have none."""
    is_kept = has_result(rows)
    return rows if is_kept.all() else rows[is_kept]


def errors_by_seed(
    sweep: "Sweep", rows: pd.DataFrame, *, split: str = "test"
) -> "pd.Series[float]":
    """Return the error of each run that has a result, indexed by seed.

    The error is read at the moment of the sweep's objective, such as the last epoch. A diverged
    run has the error of chance.

    Args:
        sweep: The sweep to which the runs belong.
        rows: Rows of `Sweep.rows` of one setting.
        split: Split on which the error is measured.
    """
    is_kept = has_result(rows)
    errors = counted_values(rows, f"{sweep.objective.moment}.{split}.error")
    return pd.Series(errors[is_kept], index=rows["seed"].to_numpy()[is_kept], dtype=float)


def curves_of(sweep: "Sweep", run_ids: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Return the learning curves of some runs by run id; runs without a curve are left out.

    Curves are cached in `Sweep.kept_curves`.

    Args:
        sweep: The sweep to which the runs belong.
        run_ids: Ids of the runs.

    Returns:
        For each run a DataFrame with one row per measured epoch, which is the index, and the
        columns ``train.loss``, ``train.error``, ``dev.loss``, ....
    """
    wanted, known = list(run_ids), sweep.kept_curves
    new = [run_id for run_id in wanted if run_id not in known]
    if new:
        curves = sweep.curves[sweep.curves["run_id"].isin(new)]
        # Not pivot_table: it would average single numbers, and is slow.
        wide = curves.pivot(  # noqa: PD010 - one value each
            index=["run_id", "epoch"], columns="split", values=list(METRICS)
        )
        wide.columns = wide.columns.map(lambda name: f"{name[1]}.{name[0]}")
        run_of = wide.index.get_level_values("run_id").to_numpy(dtype=object)
        wide = wide.droplevel("run_id")
        starts = [at for at, run_id in enumerate(run_of) if at == 0 or run_id != run_of[at - 1]]
        for start, end in pairwise([*starts, len(run_of)]):
            known[str(run_of[start])] = wide.iloc[start:end]
    return {run_id: known[run_id] for run_id in wanted if run_id in known}
