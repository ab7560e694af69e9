"""The one schema of runs, trials and curves: write, read, resume. The records are the truth.

A sweep's folder holds three tables in parquet, ``runs``, ``trials`` and ``curves``, a fourth,
``directions``, of tasks that know solutions, and a fifth, ``correct``, of confirmed runs whose
task counts answers; each is a folder of parts. A part is written beside its name and renamed, so
that it is whole or not there.
"""

from ffnn_lab.definition import RecordError
from ffnn_lab.records.environment import environment
from ffnn_lab.records.folders import find_folder
from ffnn_lab.records.read import (
    TableReader,
    read_correct,
    read_curves,
    read_directions,
    read_runs,
    read_trials,
)
from ffnn_lab.records.result import (
    DEFAULT_SETTING,
    METRICS,
    MOMENTS,
    SOLUTIONS,
    SPLITS,
    STATUSES,
    Correct,
    CurvePoint,
    Direction,
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
    "METRICS",
    "MOMENTS",
    "SOLUTIONS",
    "SPLITS",
    "STATUSES",
    "TRIALS_SCHEMA",
    "Correct",
    "CurvePoint",
    "Direction",
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
    "read_runs",
    "read_trials",
    "run_row",
    "runs_schema",
]
