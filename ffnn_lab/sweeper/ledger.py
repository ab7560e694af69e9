"""The records of a sweep as one worker knows them: runs, the settings they serve, and scores."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ffnn_lab.definition import Definition
from ffnn_lab.progress import Key
from ffnn_lab.protocols import Values
from ffnn_lab.records import KEYS, TableReader, TrialRow, read_runs, read_trials
from ffnn_lab.scores import (
    counted,
    objective_column,
    score_columns,
    setting_scores,
    with_moment,
)
from ffnn_lab.sweeper.units import Planned, Unit

CURVE_COLUMNS = ["run_id", "epoch", "split", "loss", "error"]


class Ledger:
    """One worker's copy of a sweep's records in memory, which `refresh` brings up to date.

    The copy has the tables ``runs`` and ``trials``, and ``curves`` if scores are computed from
    them. Each parquet file of a table is read once.
    """

    def __init__(self, definition: Definition, folder: Path) -> None:
        """Open the tables; nothing is read before the first `refresh`.

        Args:
            definition: The sweep.
            folder: The sweep's folder.
        """
        self._objective = definition.objective
        columns = (*score_columns(definition.objective), "n_epochs")
        self._runs_reader = TableReader(folder, "runs", columns)
        self._trials_reader = TableReader(folder, "trials")
        self._uses_curves = definition.objective.moment == "mean_last"
        self._curves_reader = TableReader(folder, "curves", CURVE_COLUMNS)
        self._curves = pd.DataFrame(columns=CURVE_COLUMNS)
        self._runs: dict[str, dict[str, Any]] = {}
        self._noted: dict[Key, str] = {}

    @property
    def recorded(self) -> Collection[str]:
        """Return the ids of the recorded runs."""
        return self._runs.keys()

    @property
    def noted(self) -> Mapping[Key, str]:
        """Return the run id of each row of ``trials``, whether the run is recorded or not.

        A row is identified by its replicate, stage, arm, setting and seed.
        """
        return self._noted

    @property
    def n_failed(self) -> int:
        """Return the number of recorded runs that failed."""
        return sum(row["status"] == "failed" for row in self._runs.values())

    def is_recorded(self, run: str) -> bool:
        """Return True if a run of that id is recorded."""
        return run in self._runs

    def n_epochs(self, run: str) -> int:
        """Return the number of epochs that a recorded run, given by its id, was trained for."""
        return int(self._runs[run]["n_epochs"])

    def chance_error(self, run: str) -> float:
        """Return the error that a recorded run, given by its id, counts with if it diverged."""
        return float(self._runs[run]["chance_error"])

    def has_failed(self, run: str) -> bool:
        """Return True if a run of that id is recorded and failed."""
        return run in self._runs and self._runs[run]["status"] == "failed"

    def has_diverged(self, run: str) -> bool:
        """Return True if a run of that id is recorded and diverged."""
        return run in self._runs and self._runs[run]["status"] == "diverged"

    def refresh(self) -> None:
        """Read the rows that were recorded since the last call."""
        for row in self._runs_reader.refresh().to_dict("records"):
            self._runs[row["run_id"]] = {str(key): value for key, value in row.items()}
        new = self._trials_reader.refresh()
        keys = new[KEYS["trials"]].itertuples(index=False, name=None)
        self._noted.update(zip(keys, new["run_id"], strict=True))
        if self._uses_curves:
            rows = self._curves_reader.refresh()
            self._curves = rows if self._curves.empty else pd.concat([self._curves, rows])

    def missing(self, unit: Unit) -> list[Planned]:
        """Return the runs of a unit that are not recorded."""
        return [planned for planned in unit if planned.run_id not in self._runs]

    def rows_to_note(self, units: Iterable[Unit], runs: Iterable[str]) -> list[TrialRow]:
        """Return the rows of ``trials`` that runs still lack, and count these rows as written.

        Args:
            units: The units among which the rows of the runs are looked up.
            runs: Ids of the runs.
        """
        wanted = set(runs)
        rows = []
        for unit in units:
            for planned in unit:
                key = _key(planned.row)
                if planned.run_id in wanted and key not in self._noted:
                    self._noted[key] = planned.run_id
                    rows.append(planned.row)
        return rows

    def known_but_not_noted(self, units: Iterable[Unit]) -> set[str]:
        """Return the ids of the recorded runs in ``units`` that lack their row of ``trials``."""
        return {
            planned.run_id
            for unit in units
            for planned in unit
            if planned.run_id in self._runs and _key(planned.row) not in self._noted
        }

    def scores_of(
        self, units: Sequence[Unit]
    ) -> tuple[dict[tuple[str, int], dict[str, Any]], dict[str, float]]:
        """Score settings of the tune stage of one replicate whose runs are all recorded.

        Args:
            units: All runs of each setting.

        Returns:
            The row of `ffnn_lab.scores.setting_scores` of each (arm, setting), and the objective's
            value of each run id.
        """
        rows = [planned.row for unit in units for planned in unit]
        runs = pd.DataFrame([self._runs[run] for run in dict.fromkeys(r.run_id for r in rows)])
        curves = self._curves if self._uses_curves else None
        trials = pd.DataFrame([vars(row) for row in rows])
        objective = self._objective
        scores = setting_scores(runs, trials, stage="tune", objective=objective, curves=curves)
        found = {
            (row["arm"], int(row["setting"])): {str(key): value for key, value in row.items()}
            for row in scores.to_dict("records")
        }
        values = counted(with_moment(runs, objective, curves), objective_column(objective))
        return found, dict(zip(runs["run_id"], values, strict=True))


def recorded_settings(definition: Definition, folder: Path) -> dict[str, dict[int, Values]]:
    """Read the settings of the tune stage of a replicate of which any run is recorded.

    Args:
        definition: The definition of the replicate.
        folder: The sweep's folder.

    Returns:
        The settings, by arm and number; an arm may have none.
    """
    trials = read_trials(folder)
    is_own = (trials["stage"] == "tune") & (trials["replicate"] == definition.replicate)
    trials = trials[is_own].drop_duplicates(["arm", "setting"])
    runs = read_runs(folder).set_index("run_id")["config_json"]
    spaces = {arm.name: arm.space for arm in definition.arms}
    found: dict[str, dict[int, Values]] = {name: {} for name in spaces}
    for arm, number, run in zip(trials["arm"], trials["setting"], trials["run_id"], strict=True):
        if arm in spaces and run in runs.index:
            stored = json.loads(runs[run])
            found[arm][int(number)] = {key: stored[key] for key in spaces[arm]}
    return found


def _key(row: TrialRow) -> Key:
    return row.replicate, row.stage, row.arm, row.setting, row.seed
