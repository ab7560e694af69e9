"""Read whole tables of the records, or only the rows that were added since the last call."""

import itertools
import os
from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffnn_lab.definition import RecordError
from ffnn_lab.records.parts import read_part
from ffnn_lab.records.result import STATUSES
from ffnn_lab.records.schema import BY_EPOCH, KEYS, RANKED, schema_of

_N_LISTINGS = 10
"""Largest number of times that a table's folder is listed if parts vanish meanwhile."""


class TableReader:
    """Reads a table while it grows: every part once, every row once.

    Results are written to the table ``runs`` last. So if the reader of ``runs`` is refreshed
    before those of ``trials`` and ``curves``, the latter find all rows of the runs that the former
    found.
    """

    def __init__(self, folder: Path, table: str, columns: Sequence[str] | None = None) -> None:
        """Prepare to read; nothing is read yet.

        Args:
            folder: The sweep's folder; the table's own folder need not exist yet.
            table: ``runs``, ``trials``, ``curves``, ``directions``, ``layers`` or ``correct``.
            columns: Names of the columns to read, in this order; None for all columns, also those
                of options from outside the package.
        """
        self._folder = folder
        self._table = table
        self._columns = None if columns is None else list(columns)
        self._needed = columns and list(dict.fromkeys((*columns, *KEYS[table], *RANKED[table])))
        self._nothing = self._wanted(schema_of(table).empty_table())
        self._parts: frozenset[str] = frozenset()
        self._seen: dict[Hashable, int] = {}

    def refresh(self) -> pd.DataFrame:
        """Return the rows that were added since the last call; all rows at the first call.

        A run that was recorded again with a better status (it failed, and was trained again) is
        returned again, and the new row replaces the former one. If nothing was added, the call
        only lists a folder.

        Returns:
            The new rows, possibly none, with the columns asked for.

        Raises:
            RecordError: If a part cannot be read or has other columns than this version knows; the
                next call tries again.
        """
        new, parts = _unread(self._folder, self._table, self._needed, known=self._parts)
        if new is None:
            self._parts = parts
            nothing: pd.DataFrame = self._nothing.copy()
            return nothing
        rows = _once(new, self._table)
        is_news = pa.array(self._note(rows), type=pa.bool_())
        self._parts = parts
        return self._wanted(rows.filter(is_news))

    def _wanted(self, rows: pa.Table) -> pd.DataFrame:
        frame: pd.DataFrame = rows.select(self._columns or rows.column_names).to_pandas()
        return frame

    def _note(self, rows: pa.Table) -> list[bool]:
        """Return True for each row that is new or replaces a former row, and remember the rows."""
        # Every part holds a run's curve from its start, so its last epoch tells what was seen.
        names = ["run_id"] if self._table in BY_EPOCH else KEYS[self._table]
        columns = [rows[name].to_pylist() for name in names]
        keys = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        ranks = _ranks(rows, self._table).tolist()
        unseen = -1 - len(STATUSES)
        pairs = list(zip(keys, ranks, strict=True))
        is_news = [rank > self._seen.get(key, unseen) for key, rank in pairs]
        for key, rank in itertools.compress(pairs, is_news):
            self._seen[key] = max(rank, self._seen.get(key, unseen))
        return is_news


def part_names(folder: Path, table: str) -> frozenset[str]:
    """Return the file names of a table's parts; none if the table has no folder yet."""
    try:
        with os.scandir(folder / table) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return frozenset()
    is_part = (name for name in names if name.startswith("part-") and name.endswith(".parquet"))
    return frozenset(is_part)


def read_table(folder: Path, table: str) -> pa.Table:
    """Read all parts of a table, and keep one row for each key.

    Raises:
        RecordError: If a part cannot be read or has other columns than this version knows.
    """
    rows, _ = _unread(folder, table, None, known=frozenset())
    return schema_of(table).empty_table() if rows is None else _once(rows, table)


def _unread(
    folder: Path, table: str, columns: Sequence[str] | None, *, known: frozenset[str]
) -> tuple[pa.Table | None, frozenset[str]]:
    """Read the parts that are not known yet, until a listing of the folder shows no further parts.

    Parts vanish when a worker merges them into one. A listing made at that time may show neither
    the parts nor the merged part; the next listing shows the merged part.

    Args:
        folder: The sweep's folder.
        table: Name of the table.
        columns: Names of the columns to read; None for all.
        known: Names of the parts that were read before.

    Returns:
        The rows of the parts that were not known, some perhaps twice, or None if there are no such
        parts; and the names of the parts that are known from now on.

    Raises:
        RecordError: If a part cannot be read or has other columns than this version knows.
    """
    read: dict[str, pa.Table] = {}
    listed: frozenset[str] = frozenset()
    vanished: RecordError | None = None
    for _ in range(_N_LISTINGS):
        listed = part_names(folder, table)
        vanished = None
        new = sorted(listed - known - read.keys())
        if not new:
            break
        for name in new:
            try:
                read[name] = read_part(folder / table / name, table, columns)
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
    if not tables:
        return None, parts
    # Columns of options from outside may be in some parts only.
    return pa.concat_tables(tables, promote_options="permissive"), parts


def _once(rows: pa.Table, table: str) -> pa.Table:
    """Return rows of a table with one row for each key.

    There are several rows of a key if parts were read both before and after they were merged, or
    if a run was recorded again. Of several rows of a run, the one with the best status is kept.
    """
    keys = rows.select(KEYS[table]).to_pandas()
    if not keys.duplicated().any():
        return rows
    ranks = np.zeros(len(keys)) if table in BY_EPOCH else _ranks(rows, table)
    best_first = np.argsort(-ranks, kind="stable")
    is_kept = np.zeros(len(keys), dtype=bool)
    is_kept[best_first[~keys.iloc[best_first].duplicated().to_numpy()]] = True
    return rows.filter(pa.array(is_kept))


def _ranks(rows: pa.Table, table: str) -> NDArray[np.int64]:
    """Return the rank of each row; of several rows with one key, the highest rank counts.

    The rank is that of the status in ``runs``, the epoch in tables with a row for each epoch, and
    else 0.
    """
    if table == "runs":
        rank = {status: -place for place, status in enumerate(STATUSES)}
        statuses = rows["status"].to_pylist()
        return np.array([rank.get(each, -len(STATUSES)) for each in statuses], dtype=np.int64)
    if table in BY_EPOCH:
        return np.asarray(rows["epoch"].to_numpy(), dtype=np.int64)
    return np.zeros(len(rows), dtype=np.int64)


def _frame(folder: Path, table: str) -> pd.DataFrame:
    frame: pd.DataFrame = read_table(folder, table).to_pandas()
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
    """Read the table ``directions``: one row per run and epoch, of tasks that know solutions.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "directions")


def read_layers(folder: Path) -> pd.DataFrame:
    """Read the table ``layers``: one row per run, diagnosed epoch and layer.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "layers")


def read_correct(folder: Path) -> pd.DataFrame:
    """Read the table ``correct``: one row per run and moment, of runs of the confirm stage.

    Records of earlier versions have no such table; for them the result has no rows.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "correct")
