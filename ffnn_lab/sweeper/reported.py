"""Reports to a pruner: the score that a setting would have if its runs ended at an epoch."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from ffnn_lab.config.sweep import ObjectiveConfig
from ffnn_lab.moments import points_at
from ffnn_lab.records import CurvePoint, read_curves
from ffnn_lab.sweeper.ledger import Ledger
from ffnn_lab.sweeper.studies.study import Study
from ffnn_lab.sweeper.units import Unit

_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "worst": max,
}


def score_at(
    epoch: int,
    curves: Sequence[Sequence[CurvePoint]],
    objective: ObjectiveConfig,
    *,
    chance_error: float,
) -> float:
    """Return the score that a setting would have if its runs ended at an epoch.

    Args:
        epoch: An epoch that each run reached, or diverged before.
        curves: The points of each run's curve, in order of epochs.
        objective: The sweep's objective.
        chance_error: The error that a diverged run is assigned.
    """
    values = [_value(epoch, curve, objective, chance_error=chance_error) for curve in curves]
    return _AGGREGATES[objective.aggregate](values)


def _value(
    epoch: int, curve: Sequence[CurvePoint], objective: ObjectiveConfig, *, chance_error: float
) -> float:
    """Return the value of the objective that a run would have if it ended at an epoch.

    For a run that diverged before, this is ``chance_error``, or infinity if the objective is a
    loss.
    """
    points = [point for point in curve if point.epoch <= epoch]
    if not points or points[-1].epoch < epoch:  # it diverged before
        return chance_error if objective.metric == "error" else math.inf
    found = points_at(points, objective.moment, objective.split, n_last=objective.n_last)
    return statistics.fmean(float(getattr(point, objective.metric)) for point in found)


def recorded_curves(folder: Path, runs: Sequence[str]) -> Mapping[str, Sequence[CurvePoint]]:
    """Read the curves of recorded runs, by run id; a run without points has an empty curve."""
    names = [field.name for field in fields(CurvePoint)]
    curves = read_curves(folder)
    own = curves[curves["run_id"].isin(runs)].sort_values("epoch", kind="stable")
    found: dict[str, list[CurvePoint]] = {run: [] for run in runs}
    for run, rows in own.groupby("run_id"):
        points = rows[names].itertuples(index=False, name=None)
        found[str(run)] = [CurvePoint(*point) for point in points]
    return found


def report_recorded(
    study: Study,
    number: int,
    unit: Unit,
    *,
    ledger: Ledger,
    folder: Path,
    objective: ObjectiveConfig,
) -> None:
    """Report a setting's score after each epoch to its study, unless this was done in training.

    Scores are missing if the study was lost, or if the runs had been recorded for another setting.

    Args:
        study: The study of the setting, in which the setting has no final score yet.
        number: The setting's number.
        unit: The setting's runs, all of them recorded.
        ledger: The sweep's records.
        folder: The sweep's folder.
        objective: The sweep's objective.
    """
    runs = [planned.run_id for planned in unit]
    n_judged = min(max(map(ledger.n_epochs, runs)), unit[0].config.trainer.max_epochs - 1)
    if not study.lacks_reports(number, n_judged) or any(map(ledger.has_failed, runs)):
        return
    curves = list(recorded_curves(folder, runs).values())
    chance_error = ledger.chance_error(runs[0])
    scores: list[float] = []
    for epoch in range(1, n_judged + 1):
        scores.append(score_at(epoch, curves, objective, chance_error=chance_error))
        study.should_prune(number, scores)
