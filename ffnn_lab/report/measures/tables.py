"""Tables of numbers: arms, the spread of their errors over seeds, and single runs."""

import math
from collections.abc import Mapping

import pandas as pd

from ffnn_lab.edges import edge_text
from ffnn_lab.records import METRICS, MOMENTS, SPLITS, STATUSES
from ffnn_lab.report.data.rows import errors_by_seed, has_result
from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.data.winners import Winner, replay_command
from ffnn_lab.report.statistics import (
    Interval,
    interquartile_interval,
    mean_interval,
    paired_interval,
    sample_std,
)
from ffnn_lab.scores import counted_values


def arm_table(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Tabulate each arm's best setting, its errors and its runs.

    Errors are means over the reported seeds at the objective's moment: rates, or the mean squared
    residual over the variance for a task that predicts a number, or bits per letter. A diverged
    run has the error of chance; a failed run is left out. ``gap`` is test error minus train error:
    positive where the network does worse on data it has not seen (0 for a run that has the error
    of chance on both). ``gain_of_tuning`` is the test error of the arm's untuned default minus the
    winner's, at equal seeds: positive where tuning helped.

    Returns:
        One row per arm, in the definition's order. Of the best setting: its number ``setting`` and
        its value on each axis, ``tune.<split>.<metric>`` (the objective over the tuning seeds),
        ``confirm.dev.error``, ``test.error`` and ``gap`` with the ends of their 95% t intervals,
        ``n_seeds`` and ``n_diverged``, the numbers of reported and of diverged runs, and the
        ``stage`` of these runs. Of the untuned default: ``default.test.error`` and
        ``gain_of_tuning`` with their intervals, ``default.n_seeds``, ``default.n_diverged`` and
        ``gain_of_tuning.n_pairs`` (NaN and 0 for an arm without axes). Of the arm: ``edge``, the
        edges on which the best setting lies, ``n_settings``, the number of settings whose seeds
        are all recorded, ``runs.<status>``, the number of runs in both stages, ``n_troubled``, the
        number of those that ended in trouble (only if some did, see `ffnn_lab.troubles`), and
        ``missing``, a text. ``command`` trains the winner again; ``run_ids`` and
        ``default.run_ids`` are the ids of the reported runs.
    """
    axes = list(dict.fromkeys(key for arm in sweep.arms.values() for key in arm.space))
    rows = [_arm_row(sweep, name, winners.get(name), axes) for name in sweep.arms]
    table = pd.DataFrame(rows).astype({"setting": "Int64"})
    for key in axes:
        # As objects: pandas would turn 64 into 64.0 beside an arm that lacks the axis.
        table[key] = pd.Series([row[key] for row in rows], dtype=object)
    return table


def _arm_row(sweep: Sweep, name: str, winner: Winner | None, axes: list[str]) -> dict[str, object]:
    scores = sweep.scores_of(name)
    point = winner.point if winner else {}
    statuses = sweep.statuses[name]
    return {
        "arm": name,
        "setting": winner.setting if winner else None,
        **{key: point.get(key) for key in axes},
        tune_column(sweep): _score(scores, winner),
        **_errors(sweep, winner),
        **_gain(sweep, name, winner),
        "edge": edge_text(winner.edges) if winner else "",
        "n_settings": sweep.tuned(name).n_settings,
        **{f"runs.{status}": statuses.get(status, 0) for status in STATUSES},
        **_troubled(sweep, name),
        "missing": missing(sweep, name, winner),
        "command": replay_command(sweep, winner) if winner else "",
        "run_ids": " ".join(winner.rows["run_id"]) if winner else "",
        "default.run_ids": " ".join(sweep.default_of(name)["run_id"]),
    }


def _troubled(sweep: Sweep, arm: str) -> dict[str, int]:
    if not sweep.troubles:
        return {}
    return {"n_troubled": int(sweep.runs_of(arm)["run_id"].isin(list(sweep.troubles)).sum())}


def tune_column(sweep: Sweep) -> str:
    """Return the name of the column with the tuning score, e.g. ``tune.dev.error``."""
    return f"tune.{sweep.objective.split}.{sweep.objective.metric}"


def _score(scores: pd.DataFrame, winner: Winner | None) -> float:
    if winner is None:
        return math.nan
    of_winner = scores["score"].to_numpy()[scores["setting"].to_numpy() == winner.setting]
    return float(of_winner[0]) if len(of_winner) else math.nan


def _errors(sweep: Sweep, winner: Winner | None) -> dict[str, object]:
    rows = winner.rows if winner else sweep.rows.iloc[:0]
    moment = sweep.objective.moment
    is_kept = has_result(rows)
    dev, test, train = (
        counted_values(rows, f"{moment}.{split}.error")[is_kept]
        for split in ("dev", "test", "train")
    )
    is_confirmed = winner is not None and winner.stage == "confirm"
    return {
        "confirm.dev.error": mean_interval(dev.tolist()).mean if is_confirmed else math.nan,
        **error_columns(sweep, "test.error", mean_interval(test.tolist())),
        "train.error": mean_interval(train.tolist()).mean,
        **difference_columns(sweep, "gap", mean_interval((test - train).tolist())),
        "n_seeds": len(test),
        "n_diverged": n_diverged(rows),
        "stage": winner.stage if winner else "",
    }


def _gain(sweep: Sweep, name: str, winner: Winner | None) -> dict[str, object]:
    rows = sweep.default_of(name)
    default = errors_by_seed(sweep, rows)
    tuned = errors_by_seed(sweep, winner.rows if winner else sweep.rows.iloc[:0])
    gain = paired_interval(default, tuned)
    return {
        **error_columns(sweep, "default.test.error", mean_interval(default.tolist())),
        "default.n_seeds": len(default),
        "default.n_diverged": n_diverged(rows),
        **difference_columns(sweep, "gain_of_tuning", gain),
        "gain_of_tuning.n_pairs": gain.n,
    }


def n_diverged(rows: pd.DataFrame) -> int:
    """Count the runs that diverged."""
    return int((rows["status"].to_numpy(dtype=object) == "diverged").sum())


def interval_columns(name: str, interval: Interval) -> dict[str, float]:
    """Return an interval as three columns: the mean ``name``, ``name.low`` and ``name.high``."""
    return {name: interval.mean, f"{name}.low": interval.low, f"{name}.high": interval.high}


def error_columns(sweep: Sweep, name: str, interval: Interval) -> dict[str, float]:
    """Return the interval of an error as columns, clipped to the range of possible errors."""
    return interval_columns(name, interval.within(0.0, sweep.most))


def difference_columns(sweep: Sweep, name: str, interval: Interval) -> dict[str, float]:
    """Return the interval of a difference of errors as columns, clipped to its possible range."""
    return interval_columns(name, interval.within(-sweep.most, sweep.most))


def missing(sweep: Sweep, arm: str, winner: Winner | None) -> str:
    """Return a text that lists the settings, seeds and runs that an arm still lacks, or ``""``."""
    count = sweep.tuned(arm)
    parts = []
    if count.n_settings < count.n_settings_asked:
        parts.append(f"{count.n_settings} of {count.n_settings_asked} settings")
    asked = [(winner.rows if winner else sweep.rows.iloc[:0], "confirm seeds")]
    if sweep.arms[arm].has_default:
        asked.append((sweep.default_of(arm), "confirm seeds of the default"))
    for rows, what in asked:
        n_seeds = len(
            {*rows["seed"].to_numpy()[has_result(rows)].tolist()} & {*sweep.confirm_seeds}
        )
        if n_seeds < len(sweep.confirm_seeds):
            parts.append(f"{n_seeds} of {len(sweep.confirm_seeds)} {what}")
    n_lost, n_trials = sweep.lost_trials[arm]
    if n_lost:
        parts.append(f"{n_lost} of {n_trials} trials have no run")
    return ", ".join(parts)


def spread_table(sweep: Sweep, winners: Mapping[str, Winner]) -> pd.DataFrame:
    """Tabulate the spread of the reported test errors over seeds.

    Returns:
        One row per arm: ``n_seeds`` and ``n_diverged``; the mean ``test.error`` and the
        interquartile mean ``interquartile``, each with the ends of its 95% interval; the sample
        standard deviation ``std``, and the ``lowest``, ``median`` and ``highest`` error.
    """
    rows = []
    for name in sweep.arms:
        reported = winners[name].rows if name in winners else sweep.rows.iloc[:0]
        errors = errors_by_seed(sweep, reported)
        rows.append(
            {
                "arm": name,
                "n_seeds": len(errors),
                "n_diverged": n_diverged(reported),
                **error_columns(sweep, "test.error", mean_interval(errors.tolist())),
                "std": sample_std(errors.tolist()),
                **error_columns(sweep, "interquartile", interquartile_interval(errors.tolist())),
                "lowest": errors.min(),
                "median": errors.median(),
                "highest": errors.max(),
            }
        )
    return pd.DataFrame(rows)


def run_table(records: Records) -> pd.DataFrame:
    """Tabulate runs: status, number of epochs, and metrics at the moments ``last`` and ``best``.

    Returns:
        One row per run, moment and split: ``loss`` in nats, ``error`` as a rate in [0, 1]; both in
        another unit for a task that predicts a number or letters.
    """
    rows = [
        {
            "run_id": run["run_id"],
            "status": run["status"],
            "n_epochs": run["n_epochs"],
            "moment": moment,
            "split": split,
            **{metric: run[f"{moment}.{split}.{metric}"] for metric in METRICS},
        }
        for run in records.runs.to_dict("records")
        for moment in MOMENTS
        for split in SPLITS
    ]
    return pd.DataFrame(rows)
