"""Comparison of arms at equal train loss instead of at the end of their training.

A method that ends at a lower train loss may generalize worse only because it went further. So the
errors of each run are read where its train loss first reached a given level. Between two measured
epochs, errors are interpolated linearly in the logarithm of the loss.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffnn_lab.report.data.rows import curves_of
from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import Winner
from ffnn_lab.report.measures.tables import difference_columns, error_columns
from ffnn_lab.report.statistics import mean_interval

TINY = 1e-12
"""Smallest loss: lower ones are raised to it, since a loss of 0 has no logarithm."""


def fitted_runs(sweep: Sweep, rows: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the learning curve of each run that completed, by seed.

    A diverged run reached no level of the train loss and is left out.

    Args:
        sweep: The sweep to which the runs belong.
        rows: Rows of `Sweep.rows` of one setting.

    Returns:
        A mapping from seed to the run's curve (`data.rows.curves_of`), without epochs at which
        train or test was not measured. A run that has no epoch left is left out.
    """
    curves = curves_of(sweep, rows.loc[rows["status"] == "completed", "run_id"])
    measured = {
        int(seed): _measured(curves[run_id])
        for seed, run_id in zip(rows["seed"], rows["run_id"], strict=True)
        if run_id in curves
    }
    return {seed: curve for seed, curve in measured.items() if len(curve)}


def _measured(curve: pd.DataFrame) -> pd.DataFrame:
    """Return the epochs of a curve with a train and a test error, losses raised to `TINY`."""
    names = ("train.loss", "train.error", "test.error")
    numbers = np.stack([curve[name].to_numpy() for name in names])
    if (numbers[0] < TINY).any():
        curve = curve.assign(**{"train.loss": curve["train.loss"].clip(lower=TINY)})
    is_known = ~np.isnan(numbers).any(axis=0)
    return curve if is_known.all() else curve[is_known]


def lowest_loss(curve: pd.DataFrame) -> float:
    """Return the lowest train loss in a curve of `fitted_runs`, in nats."""
    return float(curve["train.loss"].to_numpy().min())


def errors_at(curve: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """Return the errors of a run where its train loss first reached each level.

    Args:
        curve: Curve of one run, from `fitted_runs`.
        levels: Train losses in nats.

    Returns:
        One row per level, in the order of ``levels``: ``train.error`` and ``test.error``, NaN if
        the run never reached the level.
    """
    return pd.DataFrame(crossings(curve, levels), columns=["train.error", "test.error"])


def crossings(curve: pd.DataFrame, levels: Sequence[float]) -> NDArray[np.float64]:
    """Return the errors of `errors_at` as an array, ``(levels, 2)``: train and test error."""
    losses = np.log(curve["train.loss"].to_numpy())
    errors = np.stack([curve[name].to_numpy() for name in ("train.error", "test.error")], axis=1)
    wanted = np.log(np.maximum(np.asarray(levels, dtype=float), TINY))
    is_there = losses <= wanted[:, np.newaxis]
    at = is_there.argmax(axis=1)
    before = np.maximum(at - 1, 0)
    # The point before is above the level, for this is the first that is not.
    down = np.where(at == 0, 1.0, losses[before] - losses[at])
    share = np.where(at == 0, 1.0, (losses[before] - wanted) / down)[:, np.newaxis]
    found: NDArray[np.float64] = (1 - share) * errors[before] + share * errors[at]
    found[at == 0] = errors[0]
    found[~is_there.any(axis=1)] = np.nan
    return found


def matched_table(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Tabulate each arm's errors at the lowest train loss that every reported run reached.

    Returns:
        One row per arm: ``n_seeds``, the number of its reported runs that completed;
        ``train.loss``, the level at which all arms are read, in nats; the ``test.error`` at this
        level and the ``gap``, test error minus train error, with the ends of their 95% t intervals
        over seeds; and ``lowest.train.loss``, the lowest level that all of the arm's reported runs
        reached. The table has no rows if no run completed.
    """
    runs = {name: fitted_runs(sweep, winner.rows) for name, winner in winners.items()}
    lowest = {name: max(map(lowest_loss, each.values())) for name, each in runs.items() if each}
    rows = []
    for name, reached in lowest.items():
        level = max(lowest.values())
        train, test = np.concatenate([crossings(each, [level]) for each in runs[name].values()]).T
        rows.append(
            {
                "arm": name,
                "n_seeds": len(test),
                "train.loss": level,
                **error_columns(sweep, "test.error", mean_interval(test.tolist())),
                **difference_columns(sweep, "gap", mean_interval((test - train).tolist())),
                "lowest.train.loss": reached,
            }
        )
    return pd.DataFrame(rows)
