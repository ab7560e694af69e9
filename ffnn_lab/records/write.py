"""Write results as parts of the tables: parquet files, which readers put together."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ffnn_lab.config import leaves
from ffnn_lab.records.environment import environment
from ffnn_lab.records.parts import write_part
from ffnn_lab.records.read import part_names, read_table
from ffnn_lab.records.result import RunResult, TrialRow
from ffnn_lab.records.schema import KEYS, cell, config_leaves, schema_of


def run_row(result: RunResult) -> dict[str, Any]:
    """Return a result as a row of the table ``runs``: its values by column."""
    declared = config_leaves()
    values = leaves(result.config)
    columns: dict[str, Any] = {}
    for key, value in values.items():
        column = key
        while column and column not in declared:
            column = column.rpartition(".")[0]
        if column == key:
            columns[key] = value
        elif column:  # fields whose names the user chooses: all of them in one column
            columns.setdefault(column, {})[key.removeprefix(f"{column}.")] = value
    flat = {name: cell(value, declared[name][0].type) for name, value in columns.items()}
    return {
        "run_id": result.run_id,
        **flat,
        "status": result.status,
        "n_epochs": result.n_epochs,
        "n_steps": result.n_steps,
        "diverged_step": result.diverged_step,
        "seconds": result.seconds,
        "chance_error": result.chance_error,
        "traceback": result.traceback,
        **result.metrics(),
        **environment(),
        "config_json": json.dumps(values, sort_keys=True),
    }


class RecordWriter:
    """Writes one worker's results into the tables of a sweep's folder.

    Each call adds a part, which is a parquet file, to every table that gets rows. Rows can also be
    removed, and the parts of a table merged.
    """

    def __init__(self, folder: Path, worker: str = "0") -> None:
        """Prepare to write; the folder is made when the first part is written.

        Args:
            folder: The sweep's folder.
            worker: Name of this process, under which no other process writes.
        """
        self._folder = folder
        self._worker = worker

    def write(self, results: Sequence[RunResult], trials: Iterable[TrialRow] = ()) -> None:
        """Write results, and add a part to every table that gets rows.

        The part of ``runs`` is written last, so that a run in ``runs`` has all of its rows in the
        other tables.

        Args:
            results: Results of runs.
            trials: Rows of the table ``trials``.
        """
        curves = [
            {"run_id": result.run_id, **vars(point)}  # asdict takes ten times as long
            for result in results
            for point in result.curve
        ]
        directions = [
            {
                "run_id": result.run_id,
                "epoch": point.epoch,
                "step": point.step,
                **{f"cosine.{name}": value for name, value in point.cosines.items()},
            }
            for result in results
            for point in result.directions
        ]
        layers = [
            {
                "run_id": result.run_id,
                "epoch": point.epoch,
                "step": point.step,
                "layer": point.layer,
                "module": point.module,
                "n_units": point.n_units,
                **point.statistics,
            }
            for result in results
            for point in result.layers
        ]
        correct = [
            {"run_id": result.run_id, **vars(result.correct)}
            for result in results
            if result.correct is not None
        ]
        rows = {
            "curves": curves,
            "directions": directions,
            "layers": layers,
            "correct": correct,
            "trials": [asdict(row) for row in trials],
            "runs": [run_row(result) for result in results],
        }
        for table, contents in rows.items():
            if contents:
                self._part(table, pa.Table.from_pylist(contents, schema=schema_of(table)))

    def _part(self, table: str, contents: pa.Table) -> None:
        write_part(self._folder, self._worker, table, contents)

    def compact(self) -> None:
        """Merge the parts of each table into one part; readers see the same rows at any time."""
        for table in KEYS:
            parts = part_names(self._folder, table)
            if len(parts) > 1:
                self._part(table, read_table(self._folder, table))
                for name in parts:
                    # Another worker may have compacted them, too.
                    (self._folder / table / name).unlink(missing_ok=True)

    def forget(self, runs: Collection[str]) -> None:
        """Remove runs from the table ``runs``, so that they are trained again.

        No other process may write to the tables meanwhile.

        Args:
            runs: The ids of the runs.
        """
        self._drop("runs", "run_id", runs)

    def forget_trials(self, stage: str) -> None:
        """Remove the rows of a stage from the table ``trials``; the runs themselves stay recorded.

        No other process may write to the tables meanwhile.
        """
        self._drop("trials", "stage", [stage])

    def _drop(self, table: str, column: str, values: Collection[str]) -> None:
        parts, rows = part_names(self._folder, table), read_table(self._folder, table)
        is_dropped = pc.is_in(rows[column], pa.array(sorted(values), type=pa.string()))
        kept = rows.filter(pc.invert(is_dropped))
        if len(kept) == len(rows):
            return
        if len(kept):
            self._part(table, kept)
        for name in parts:
            (self._folder / table / name).unlink()
