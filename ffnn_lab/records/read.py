"""Read whole tables, or the rows that were added since the last call."""

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
"""Most times that a table's folder is listed while parts vanish."""


class TableReader:
    """Reads a table while it grows: every part once, every row once.

    The table ``runs`` is written last, so everything else of a run in it is there, too, if the
    reader of ``runs`` is refreshed first, and those of ``trials`` and ``curves`` after it.
    """

    def __init__(self, folder: Path, table: str, columns: Sequence[str] | None = None) -> None:
        """Make ready; nothing is read yet.

        Args:
            folder: The sweep's folder; the table's own folder need not exist yet.
            table: ``runs``, ``trials``, ``curves``, ``directions`` or ``correct``.
            columns: Names of the columns to read, in this order; None for all, those of options
                from outside included.
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
        return self._wanted(rows.filter(is_news))

    def _wanted(self, rows: pa.Table) -> pd.DataFrame:
        frame: pd.DataFrame = rows.select(self._columns or rows.column_names).to_pandas()
        return frame

    def _note(self, rows: pa.Table) -> list[bool]:
        """Return a mask of the rows that are new, and remember them."""
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
    """List the names of a table's parts."""
    try:
        with os.scandir(folder / table) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return frozenset()
    is_part = (name for name in names if name.startswith("part-") and name.endswith(".parquet"))
    return frozenset(is_part)


def read_table(folder: Path, table: str) -> pa.Table:
    """Read all parts of a table.

    Raises:
        RecordError: If a part cannot be read or has another schema.
    """
    rows, _ = _unread(folder, table, None, known=frozenset())
    return schema_of(table).empty_table() if rows is None else _once(rows, table)


def _unread(
    folder: Path, table: str, columns: Sequence[str] | None, *, known: frozenset[str]
) -> tuple[pa.Table | None, frozenset[str]]:
    """Read the parts that are not known, until a listing of the folder shows no others.

    Parts vanish when a worker compacts them. A listing made at that time may show neither a part
    nor its compaction; the next listing shows the compaction.

    Returns:
        The rows of these parts, some perhaps twice, or None if there are no such parts; and the
        names of the parts that are known from now on.

    Raises:
        RecordError: If a part cannot be read or has another schema.
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
    """Keep one of several rows with equal keys.

    There are several where a part and its compaction were read, or where a run was recorded again.
    Of a run, the row of the best status is kept.
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
    """Return the rank of each row; a row replaces those of a lower rank that have its key."""
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
    """Read the table ``directions``: one row per run and epoch, of runs that have them.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "directions")


def read_correct(folder: Path) -> pd.DataFrame:
    """Read the table ``correct``: one row per run and moment, of runs that have answers on test.

    Records of earlier versions have no such table, and no rows.

    Raises:
        RecordError: If a part is damaged.
    """
    return _frame(folder, "correct")
