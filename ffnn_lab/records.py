"""The one schema of runs, trials and curves: write, read, resume. The records are the truth.

A sweep's folder holds three tables in parquet, ``runs``, ``trials`` and ``curves``, and a fourth,
``directions``, of tasks that know solutions; each is a folder of parts. A part is written beside
its name and renamed, so that it is whole or not there.
"""

import functools
import itertools
import json
import os
import platform
import subprocess
import types
import typing
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Union

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ffnn_lab import __version__
from ffnn_lab.config import GROUPS, RunConfig, UserError, leaves
from ffnn_lab.config.fields import leaf_fields, type_hints

STATUSES = ("completed", "diverged", "pruned", "failed")
"""Best first: of a run that was recorded again, after it failed say, the best is read."""
SPLITS = ("train", "dev", "test")
"""Tuning looks at dev; test is only reported."""
MOMENTS = ("last", "best")
"""The last epoch, and the one of the lowest dev error (ties: dev loss). Never the test-best."""
METRICS = ("loss", "error")
SOLUTIONS = ("min_norm", "sign")
"""Known solutions to which the weights of linear members are compared."""
DEFAULT_SETTING = -1
"""The arm's untuned default, which confirm trains beside the winner: its number in ``trials``."""


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
    """Mean loss: nats, or the squared unit of the labels under the squared loss (of a table's
    numeric target: variances of train, for it is standardized)."""
    error: float
    """Error rate in [0, 1]; for real labels mean squared residual over the variance of the train
    labels, which may exceed 1."""
    lr: float
    """Learning rate that was in force when it was measured."""


@dataclass(frozen=True)
class Direction:
    """Where the weights of one run pointed when it was measured."""

    epoch: int
    step: int
    cosines: Mapping[str, float]
    """Of the weights with solutions that the task knows, by the names of `SOLUTIONS`."""


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
    """What a diverged run counts as: the error of always answering the commonest class; 1,
    that of the train mean, for real labels and for them alone."""
    curve: list[CurvePoint]
    traceback: str | None = None
    """What a failed run ended with; None of any other."""
    directions: list[Direction] = field(default_factory=list)
    """Beside the curve, where member and task have them and the weights are not all 0."""

    @property
    def cosines(self) -> Mapping[str, float]:
        """Give those of the final weights; none of a run that did not complete."""
        is_final = self.status == "completed" and bool(self.directions)
        last = self.directions[-1] if is_final else None
        return last.cosines if last is not None and last.epoch == self.n_epochs else {}

    def metrics(self) -> dict[str, float | int | None]:
        """Give every metric by its column: ``last.dev.error``, ``best.test.loss``, ....

        A run that did not complete has none at its end: all are None. Cosines are there only for
        a member and a task that have them.
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
        return values | {f"cosine.{name}": value for name, value in self.cosines.items()}


@dataclass(frozen=True)
class TrialRow:
    """One seed of one setting of one arm: which run it was."""

    stage: str
    """``tune`` or ``confirm``."""
    arm: str
    setting: int
    """The number of the Optuna trial that proposed it, within the arm; or `DEFAULT_SETTING`."""
    seed: int
    run_id: str
    edges: str = ""
    """Of a confirmed winner, the axes on whose edge it lies, as `ffnn_lab.edges.edge_text` words
    them: ``optimizer.lr low; initializer.gain high``. Empty elsewhere."""


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
        "traceback": pa.string(),
        "best.epoch": pa.int64(),
    }
    for moment in MOMENTS:
        for split in SPLITS:
            for metric in METRICS:
                fields[f"{moment}.{split}.{metric}"] = pa.float64()
    fields |= {f"cosine.{name}": pa.float64() for name in SOLUTIONS}
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
        ("edges", pa.string()),
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
DIRECTIONS_SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("epoch", pa.int64()),
        ("step", pa.int64()),
        *((f"cosine.{name}", pa.float64()) for name in SOLUTIONS),
    ]
)
_KEYS = {
    "runs": ["run_id"],
    "trials": ["stage", "arm", "setting", "seed"],
    "curves": ["run_id", "epoch", "split"],
    "directions": ["run_id", "epoch"],
}
_RANKED = {"runs": ["status"], "trials": [], "curves": ["epoch"], "directions": ["epoch"]}
"""What `_ranks` looks at."""
_BY_EPOCH = ("curves", "directions")
"""Tables with more than one row of a run."""

_N_LISTINGS = 10
"""Times that a table is listed while its parts vanish."""


def _schema(table: str) -> pa.Schema:
    return {
        "trials": TRIALS_SCHEMA,
        "curves": CURVES_SCHEMA,
        "directions": DIRECTIONS_SCHEMA,
    }.get(table) or runs_schema()


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
    flat["trainer.compile"] = str(flat["trainer.compile"]).lower()
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

        The others come first, so that a run found in ``runs`` has everything else.
        """
        curves = [
            {"run_id": result.run_id, **asdict(point)}
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
        rows = {
            "curves": curves,
            "directions": directions,
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
                for name in parts:
                    # Another worker may have compacted them, too.
                    (self._folder / table / name).unlink(missing_ok=True)

    def forget(self, runs: Collection[str]) -> None:
        """Take runs out of ``runs``, so that they are trained again.

        No other process may be writing.
        """
        self._drop("runs", "run_id", runs)

    def forget_trials(self, stage: str) -> None:
        """Take the rows of a stage out of ``trials``; their runs stay.

        No other process may be writing.
        """
        self._drop("trials", "stage", [stage])

    def _drop(self, table: str, column: str, values: Collection[str]) -> None:
        parts, rows = _parts(self._folder, table), _read(self._folder, table)
        is_dropped = pc.is_in(rows[column], pa.array(sorted(values), type=pa.string()))
        kept = rows.filter(pc.invert(is_dropped))
        if len(kept) == len(rows):
            return
        if len(kept):
            self._part(table, kept)
        for name in parts:
            (self._folder / table / name).unlink()


class TableReader:
    """Reads a table while it grows: every part once, every row once.

    Runs are written last, so what belongs to a run is there when the run is: refresh the reader
    of ``runs`` first, and those of ``trials`` and ``curves`` after it.
    """

    def __init__(self, folder: Path, table: str, columns: Sequence[str] | None = None) -> None:
        """Make ready; nothing is read yet.

        Args:
            folder: The sweep's; the table's own may be still to come.
            table: ``runs``, ``trials``, ``curves`` or ``directions``.
            columns: What to read of it, in this order; all if None.
        """
        self._folder = folder
        self._table = table
        self._columns = tuple(_schema(table).names if columns is None else columns)
        self._needed = tuple(dict.fromkeys((*self._columns, *_KEYS[table], *_RANKED[table])))
        self._nothing = _schema(table).empty_table().select(self._columns).to_pandas()
        self._parts: frozenset[str] = frozenset()
        self._seen: dict[Hashable, int] = {}

    def refresh(self) -> pd.DataFrame:
        """Give the rows that were added since the last call; all of them at the first.

        A run that is recorded again comes again if its status got better (it failed, and was
        trained anew), and takes the place of its former row. Where nothing was added, this lists
        one folder and does no more.

        Returns:
            The new rows, possibly none, with the columns asked for.

        Raises:
            RecordError: If a part cannot be read or has another schema; the next call tries again.
        """
        new, parts = _unread(self._folder, self._table, self._needed, known=self._parts)
        if new is None:
            self._parts = parts
            nothing: pd.DataFrame = self._nothing.copy()
            return nothing
        rows = _once(new, self._table)
        is_news = pa.array(self._note(rows), type=pa.bool_())
        self._parts = parts
        frame: pd.DataFrame = rows.filter(is_news).select(self._columns).to_pandas()
        return frame

    def _note(self, rows: pa.Table) -> list[bool]:
        """Say which rows are news, and remember them."""
        # Every part holds a run's curve from its start: the last epoch says what was seen.
        names = ["run_id"] if self._table in _BY_EPOCH else _KEYS[self._table]
        columns = [rows[name].to_pylist() for name in names]
        keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        ranks = _ranks(rows, self._table).tolist()
        unseen = -1 - len(STATUSES)
        pairs = list(zip(keys, ranks, strict=True))
        is_news = [rank > self._seen.get(key, unseen) for key, rank in pairs]
        for key, rank in itertools.compress(pairs, is_news):
            self._seen[key] = max(rank, self._seen.get(key, unseen))
        return is_news


def _parts(folder: Path, table: str) -> frozenset[str]:
    """List the names of a table's parts."""
    try:
        with os.scandir(folder / table) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return frozenset()
    is_part = (name for name in names if name.startswith("part-") and name.endswith(".parquet"))
    return frozenset(is_part)


def _read(folder: Path, table: str) -> pa.Table:
    """Read all parts of a table.

    Raises:
        RecordError: If a part cannot be read or has another schema.
    """
    schema = _schema(table)
    rows, _ = _unread(folder, table, schema.names, known=frozenset())
    return schema.empty_table() if rows is None else _once(rows, table)


def _unread(
    folder: Path, table: str, columns: Sequence[str], *, known: frozenset[str]
) -> tuple[pa.Table | None, frozenset[str]]:
    """Read the parts that are not known, until a listing shows no others.

    A part whose rows a worker compacts meanwhile vanishes, and a listing made at that time may
    lack the part and its compaction both; the next one has the compaction.

    Returns:
        Their rows, some perhaps twice, or None where there is no such part; and the parts that
        are known from now on.

    Raises:
        RecordError: If a part cannot be read or has another schema.
    """
    read: dict[str, pa.Table] = {}
    listed: frozenset[str] = frozenset()
    vanished: RecordError | None = None
    for _ in range(_N_LISTINGS):
        listed = _parts(folder, table)
        vanished = None
        new = sorted(listed - known - read.keys())
        if not new:
            break
        for name in new:
            try:
                read[name] = _read_part(folder / table / name, table, columns)
            except RecordError as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
                vanished = error
    if vanished is not None:
        raise vanished
    # Names that are gone are forgotten, and those that come later are not counted as known.
    parts = listed & (known | read.keys())
    # In the order of names, as if all had been there at once.
    tables = [read[name] for name in sorted(read)]
    return (pa.concat_tables(tables) if tables else None), parts


def _read_part(path: Path, table: str, columns: Sequence[str]) -> pa.Table:
    schema = _schema(table)
    try:
        with pq.ParquetFile(path) as part:
            names = part.schema_arrow.names
            rows = part.read(columns=list(columns)) if names == schema.names else None
    except (pa.ArrowException, OSError) as error:
        msg = (
            f"{path} cannot be read ({str(error).splitlines()[0]}); delete it and repeat the "
            "command that made it: what it held is trained again"
        )
        raise RecordError(msg) from error
    if rows is None:
        odd = set(names) ^ set(schema.names)
        msg = (
            f"{path} was written by another version of ffnn_lab: columns differ "
            f"({', '.join(sorted(odd)) or 'in their order'})"
        )
        raise RecordError(msg)
    return rows.select(list(columns))


def _once(rows: pa.Table, table: str) -> pa.Table:
    """Keep one of rows with equal keys: a part and its compaction, or a run that was tried again.

    Of a run, the row of the best status is kept.
    """
    keys = rows.select(_KEYS[table]).to_pandas()
    if not keys.duplicated().any():
        return rows
    ranks = np.zeros(len(keys)) if table in _BY_EPOCH else _ranks(rows, table)
    best_first = np.argsort(-ranks, kind="stable")
    is_kept = np.zeros(len(keys), dtype=bool)
    is_kept[best_first[~keys.iloc[best_first].duplicated().to_numpy()]] = True
    return rows.filter(pa.array(is_kept))


def _ranks(rows: pa.Table, table: str) -> NDArray[np.int64]:
    """Rank rows: of those that tell of the same thing, a higher one brings news."""
    if table == "runs":
        rank = {status: -place for place, status in enumerate(STATUSES)}
        statuses = rows["status"].to_pylist()
        return np.array([rank.get(each, -len(STATUSES)) for each in statuses], dtype=np.int64)
    if table in _BY_EPOCH:
        return np.asarray(rows["epoch"].to_numpy(), dtype=np.int64)
    return np.zeros(len(rows), dtype=np.int64)


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


def read_directions(folder: Path) -> pd.DataFrame:
    """Read the table ``directions``: one row per run and epoch, of runs that have them.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "directions")


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
