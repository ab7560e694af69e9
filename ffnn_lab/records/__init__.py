"""The records of runs and sweeps: their schema, writing and reading. The records are the truth.

A sweep's folder holds three tables in parquet, ``runs``, ``trials`` and ``curves``; a fourth,
``directions``, for tasks with known solutions; a fifth, ``layers``, for runs that were diagnosed;
and a sixth, ``correct``, for confirmed runs whose error is a rate of wrong answers. Each table is
a folder of parquet files, which are called the table's parts. A part is written under a temporary
name and then renamed, so that it is complete or absent.
"""

from ffnn_lab.definition import RecordError
from ffnn_lab.records.environment import environment
from ffnn_lab.records.folders import find_folder
from ffnn_lab.records.read import (
    TableReader,
    read_correct,
    read_curves,
    read_directions,
    read_layers,
    read_runs,
    read_trials,
)
from ffnn_lab.records.result import (
    DEFAULT_SETTING,
    LAYER_STATISTICS,
    METRICS,
    MOMENTS,
    SOLUTIONS,
    SPLITS,
    STATUSES,
    Correct,
    CurvePoint,
    Direction,
    LayerPoint,
    RunResult,
    TrialRow,
)
from ffnn_lab.records.schema import (
    CORRECT_SCHEMA,
    CURVES_SCHEMA,
    DIRECTIONS_SCHEMA,
    KEYS,
    TRIALS_SCHEMA,
    runs_schema,
)
from ffnn_lab.records.write import RecordWriter, run_row

__all__ = [
    "CORRECT_SCHEMA",
    "CURVES_SCHEMA",
    "DEFAULT_SETTING",
    "DIRECTIONS_SCHEMA",
    "KEYS",
    "LAYER_STATISTICS",
    "METRICS",
    "MOMENTS",
    "SOLUTIONS",
    "SPLITS",
    "STATUSES",
    "TRIALS_SCHEMA",
    "Correct",
    "CurvePoint",
    "Direction",
    "LayerPoint",
    "RecordError",
    "RecordWriter",
    "RunResult",
    "TableReader",
    "TrialRow",
    "environment",
    "find_folder",
    "read_correct",
    "read_curves",
    "read_directions",
    "read_layers",
    "read_runs",
    "read_trials",
    "run_row",
    "runs_schema",
]
