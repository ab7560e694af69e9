"""The one schema of runs, trials and curves: write, read, resume. The records are the truth.

A sweep's folder holds three tables in parquet, ``runs``, ``trials`` and ``curves``, each a folder
of parts. A part is written beside its name and renamed, so that it is whole or not there.
"""

import functools
import json
import os
import platform
import subprocess
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Union

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ffnn_lab import __version__
from ffnn_lab.config import GROUPS, RunConfig, UserError, leaves
from ffnn_lab.config.fields import leaf_fields, type_hints

STATUSES = ("completed", "diverged", "pruned", "failed")
SPLITS = ("train", "dev", "test")
"""Tuning looks at dev; test is only reported."""
MOMENTS = ("last", "best")
"""The last epoch, and the one of the lowest dev error (ties: dev loss). Never the test-best."""
METRICS = ("loss", "error")


class RecordError(UserError):
    """Records that are missing, damaged or of another definition; the message says which."""


@dataclass(frozen=True)
class CurvePoint:
    """One measurement of one run on one split."""

    epoch: int
    """Epochs done; 0 is the start."""
    step: int
    """Updates done."""
    split: str
    loss: float
    """Mean loss in nats."""
    error: float
    """Error rate in [0, 1]."""
    lr: float
    """Learning rate that was in force when it was measured."""


@dataclass(frozen=True)
class RunResult:
    """What one run came to."""

    config: RunConfig
    run_id: str
    status: str
    n_epochs: int
    n_steps: int
    diverged_step: int | None
    seconds: float
    """The run's equal share of the wall time of the populations it was in."""
    chance_error: float
    """What a diverged run counts as: the error of always answering the commonest class."""
    curve: list[CurvePoint]

    def metrics(self) -> dict[str, float | int | None]:
        """Give every metric by its column: ``last.dev.error``, ``best.test.loss``, ....

        A run that did not complete has none at its end: all are None.
        """
        values: dict[str, float | int | None] = {
            f"{moment}.{split}.{metric}": None
            for moment in MOMENTS
            for split in SPLITS
            for metric in METRICS
        }
        values["best.epoch"] = None
        if self.status != "completed":
            return values
        dev = [point for point in self.curve if point.split == "dev"]
        best = min(dev, key=lambda point: (point.error, point.loss)).epoch
        values["best.epoch"] = best
        for point in self.curve:
            for moment, epoch in (("last", self.n_epochs), ("best", best)):
                if point.epoch == epoch:
                    values[f"{moment}.{point.split}.loss"] = point.loss
                    values[f"{moment}.{point.split}.error"] = point.error
        return values


@dataclass(frozen=True)
class TrialRow:
    """One seed of one setting of one arm: which run it was."""

    stage: str
    """``tune`` or ``confirm``."""
    arm: str
    setting: int
    """The number of the Optuna trial that proposed it, within the arm."""
    seed: int
    run_id: str


@functools.cache
def runs_schema() -> pa.Schema:
    """Build the schema of ``runs``: the union of all options' leaves, then what was found."""
    fields = {"run_id": pa.string()}
    for name, hint in type_hints(RunConfig).items():
        parts = sorted(set(GROUPS[name].values()), key=str) if name in GROUPS else [hint]
        for part in parts:
            if hasattr(part, "__dataclass_fields__"):
                for key, leaf, _ in leaf_fields(part, f"{name}."):
                    fields.setdefault(key, _arrow_type(leaf))
            else:
                fields[name] = _arrow_type(part)
    fields |= {
        "status": pa.string(),
        "n_epochs": pa.int64(),
        "n_steps": pa.int64(),
        "diverged_step": pa.int64(),
        "seconds": pa.float64(),
        "chance_error": pa.float64(),
        "best.epoch": pa.int64(),
    }
    for moment in MOMENTS:
        for split in SPLITS:
            for metric in METRICS:
                fields[f"{moment}.{split}.{metric}"] = pa.float64()
    fields |= dict.fromkeys((*environment(), "config_json"), pa.string())
    return pa.schema(list(fields.items()))


def _arrow_type(hint: Any) -> pa.DataType:  # noqa: ANN401 - any type hint
    if typing.get_origin(hint) in (Union, types.UnionType):
        return _arrow_type(next(o for o in typing.get_args(hint) if o is not type(None)))
    if typing.get_origin(hint) is list:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    return {
        str: pa.string(),
        Any: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
    }[hint]


TRIALS_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("arm", pa.string()),
        ("setting", pa.int64()),
        ("seed", pa.int64()),
        ("run_id", pa.string()),
    ]
)
CURVES_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("epoch", pa.int64()),
        ("step", pa.int64()),
        ("split", pa.string()),
        ("loss", pa.float64()),
        ("error", pa.float64()),
        ("lr", pa.float64()),
    ]
)
_KEYS = {
    "runs": ["run_id"],
    "trials": ["stage", "arm", "setting", "seed"],
    "curves": ["run_id", "epoch", "split"],
}


_N_LISTINGS = 10
"""Times that a table is listed while its parts vanish."""


def _schema(table: str) -> pa.Schema:
    return {"trials": TRIALS_SCHEMA, "curves": CURVES_SCHEMA}.get(table) or runs_schema()


@functools.cache
def environment() -> dict[str, str]:
    """Say which code and which versions a process runs, as strings."""
    libraries = ("torch", "numpy", "optuna")
    versions = {f"version.{name}": metadata.version(name) for name in libraries}
    here = Path(__file__).parent
    commit = _git(here, "rev-parse", "HEAD")
    changes = _git(here, "status", "--porcelain", "--untracked-files=no")
    return {
        "version.ffnn_lab": __version__,
        **versions,
        "version.python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "git.commit": commit or "unknown",
        "git.is_dirty": "unknown" if commit is None else str(bool(changes)).lower(),
    }


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(folder), *words],  # noqa: S607 - the git on the user's path
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def run_row(result: RunResult) -> dict[str, Any]:
    """Flatten a result to its row of ``runs``."""
    flat = leaves(result.config)
    flat["trainer.batch_size"] = str(flat["trainer.batch_size"])
    return {
        "run_id": result.run_id,
        **flat,
        "status": result.status,
        "n_epochs": result.n_epochs,
        "n_steps": result.n_steps,
        "diverged_step": result.diverged_step,
        "seconds": result.seconds,
        "chance_error": result.chance_error,
        **result.metrics(),
        **environment(),
        "config_json": json.dumps(leaves(result.config), sort_keys=True),
    }


class RecordWriter:
    """Writes one worker's parts into a sweep's folder."""

    def __init__(self, folder: Path, worker: str = "0") -> None:
        """Make ready to write; the folder is made with the first part.

        Args:
            folder: The sweep's.
            worker: A name that no other process writes under.
        """
        self._folder = folder
        self._worker = worker

    def write(self, results: Sequence[RunResult], trials: Iterable[TrialRow] = ()) -> None:
        """Write one part of each table.

        Curves and trials come first, so that a run found in ``runs`` has everything else.
        """
        curves = [
            {"run_id": result.run_id, **asdict(point)}
            for result in results
            for point in result.curve
        ]
        rows = {
            "curves": curves,
            "trials": [asdict(row) for row in trials],
            "runs": [run_row(result) for result in results],
        }
        for table, contents in rows.items():
            if contents:
                self._part(table, pa.Table.from_pylist(contents, schema=_schema(table)))

    def _part(self, table: str, contents: pa.Table) -> None:
        folder = self._folder / table
        folder.mkdir(parents=True, exist_ok=True)
        taken = [int(path.stem.rsplit("-", 1)[1]) for path in folder.glob("part-*-*.parquet")]
        name = f"part-{self._worker}-{max(taken, default=-1) + 1}.parquet"
        beside = folder / f".{name}"
        pq.write_table(contents, beside)
        beside.replace(folder / name)

    def compact(self) -> None:
        """Gather the parts of each table into one; a reader sees the same rows throughout."""
        for table in _KEYS:
            parts = _parts(self._folder, table)
            if len(parts) > 1:
                self._part(table, _read(self._folder, table))
                for part in parts:
                    part.unlink()


def _parts(folder: Path, table: str) -> list[Path]:
    return sorted(path for path in (folder / table).glob("part-*.parquet"))


def _read(folder: Path, table: str) -> pa.Table:
    """Read all parts of a table; if a worker compacts them meanwhile, list them anew.

    Raises:
        RecordError: If a part cannot be read or has another schema.
    """
    for _ in range(_N_LISTINGS - 1):
        try:
            return _read_listed(folder, table)
        except RecordError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return _read_listed(folder, table)


def _read_listed(folder: Path, table: str) -> pa.Table:
    """Read the parts that are there.

    Of rows with equal keys (a part and its compaction, say) one is kept.
    """
    schema = _schema(table)
    tables = []
    for path in _parts(folder, table):
        try:
            part = pq.read_table(path)
        except (pa.ArrowException, OSError) as error:
            msg = (
                f"{path} cannot be read ({str(error).splitlines()[0]}); delete it and repeat the "
                "command that made it: what it held is trained again"
            )
            raise RecordError(msg) from error
        if part.schema.names != schema.names:
            odd = set(part.schema.names) ^ set(schema.names)
            msg = (
                f"{path} was written by another version of ffnn_lab: columns differ "
                f"({', '.join(sorted(odd)) or 'in their order'})"
            )
            raise RecordError(msg)
        tables.append(part)
    if not tables:
        return schema.empty_table()
    joined = pa.concat_tables(tables)
    return joined.filter(pa.array(~joined.select(_KEYS[table]).to_pandas().duplicated()))


def _frame(folder: Path, table: str) -> pd.DataFrame:
    frame: pd.DataFrame = _read(folder, table).to_pandas()
    return frame


def read_runs(folder: Path) -> pd.DataFrame:
    """Read the table ``runs``: one row per run.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "runs")


def read_trials(folder: Path) -> pd.DataFrame:
    """Read the table ``trials``: one row per stage, arm, setting and seed.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "trials")


def read_curves(folder: Path) -> pd.DataFrame:
    """Read the table ``curves``: one row per run, epoch and split.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "curves")


def write_definition(folder: Path, definition: Mapping[str, Any]) -> None:
    """Store what a sweep was asked to do, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / ".definition.json"
    beside.write_text(json.dumps(definition, indent=2) + "\n")
    beside.replace(folder / "definition.json")


def read_definition(folder: Path) -> dict[str, Any] | None:
    """Read what a sweep was asked to do; None if the folder has no definition.

    Raises:
        RecordError: If the file is damaged.
    """
    path = folder / "definition.json"
    if not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        msg = f"{path} cannot be read ({error}); restore it, or start under another name"
        raise RecordError(msg) from error
