"""Parts: the parquet files that a table consists of, each with a checksum of all of its bytes.

A part is called ``part-<worker>-<number>-<checksum>.parquet``. The checksum is that of the whole
file, footer included. The metadata of a part have the number of the format in which the part was
written, and a digest of its columns, so that a later version knows which columns are newer than
the part. Parts of format 1, which versions before records carried a format number wrote, have
neither checksum nor such metadata.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ffnn_lab.arrow import in_arrow
from ffnn_lab.definition import RecordError
from ffnn_lab.files import write_whole
from ffnn_lab.records.schema import (
    ADDED,
    COLUMNS_OF_FORMAT_1,
    FORMAT,
    Leaf,
    columns_digest,
    columns_from_outside,
    config_leaves,
    schema_of,
)

_N_DIGITS = 16
_NAME = re.compile(rf"part-.+-(\d+)-([0-9a-f]{{{_N_DIGITS}}})\.parquet")
_NAME_OF_FORMAT_1 = re.compile(r"part-.+-(\d+)\.parquet")
_FORMAT = b"ffnn_lab.format"
_COLUMNS = b"ffnn_lab.columns"
_OUTSIDE = b"ffnn_lab.outside"
"""Key, in a part's metadata, of the JSON list of columns that are fields of options from outside
the package; absent if there are no such columns."""
WHAT_TO_DO = (
    "restore it from a copy, or delete it and repeat the command that made it: the runs that it "
    "held are then trained again"
)
WITHOUT_ANSWERS = (
    "restore it from a copy, or delete it: without it, the report cannot say how much of a "
    "difference is due to the test set, and the rest of the report stays the same"
)
"""Advice about a damaged part of the table ``correct``, which only the report reads."""


def write_part(
    folder: Path, worker: str, table: str, contents: pa.Table, *, compression: str = "snappy"
) -> None:
    """Write rows as a new part of a table, whole or not at all.

    Args:
        folder: The sweep's folder.
        worker: Name of the writing process, under which no other process writes.
        table: Name of the table.
        contents: The rows, in the table's schema.
        compression: Name of one of parquet's compressions; readers recognize all of them.

    Raises:
        OSError: If the part cannot be written.
    """
    metadata = {_FORMAT: str(FORMAT), _COLUMNS: columns_digest(contents.schema.names)}
    outside = columns_from_outside(table, contents.schema.names)
    if outside:
        metadata[_OUTSIDE] = json.dumps(outside)
    sink = pa.BufferOutputStream()
    rows = contents.replace_schema_metadata(metadata)
    pq.write_table(rows, sink, write_page_checksum=True, compression=compression)
    data = memoryview(sink.getvalue())
    taken = [_number(path.name) for path in (folder / table).glob("part-*.parquet")]
    number = max(taken, default=-1) + 1
    write_whole(folder / table / f"part-{worker}-{number}-{_checksum(data)}.parquet", data)


def _what_to_do(table: str) -> str:
    return WITHOUT_ANSWERS if table == "correct" else WHAT_TO_DO


def _number(name: str) -> int:
    named = _NAME.fullmatch(name) or _NAME_OF_FORMAT_1.fullmatch(name)
    return int(named[1]) if named else -1


def _checksum(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()[:_N_DIGITS]


def read_part(path: Path, table: str, columns: Sequence[str] | None) -> pa.Table:
    """Read columns of a part of a table, after its checksum was verified.

    A column that was added after the part was written gets its neutral value, or null in rows of
    runs that chose no option with that field.

    Args:
        path: Path of the part.
        table: Name of the table.
        columns: Names of the columns to read; None for all columns of the table and, after them,
            the part's columns that belong to options from outside the package, whether or not
            these options are registered now.

    Raises:
        RecordError: If the part is gone or damaged, or was written by a version of the lab that
            this version cannot read; the message names the part and says what to do.
    """
    try:
        data = path.read_bytes()
        named = _NAME.fullmatch(path.name)
        if named and named[2] != _checksum(data):
            msg = "its contents do not match the checksum in its name"
            raise pa.ArrowInvalid(msg)
        with pq.ParquetFile(in_arrow(data), page_checksum_verification=True) as part:
            found = part.schema_arrow
            _check_format(path, table, found, has_checksum=named is not None)
            there, schema = set(found.names), schema_of(table)
            for name in sorted(there - set(schema.names)):
                schema = schema.append(found.field(name))
            columns = schema.names if columns is None else columns
            absent = [name for name in columns if name not in there]
            choices = [f"{name.partition('.')[0]}.name" for name in absent]
            needed = dict.fromkeys([*columns, *choices])
            rows = part.read(columns=[name for name in needed if name in there])
        if not named:
            rows.validate(full=True)
        for name in absent:
            rows = rows.append_column(name, _stand_in(path, table, name, rows))
        rows = rows.select(list(columns))
        schema = pa.schema([schema.field(name) for name in columns])
        if table == "runs":
            rows = _of_outside(rows, schema)
        return rows if rows.schema.equals(schema) else rows.cast(schema)
    except (pa.ArrowException, OSError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        msg = f"{path} cannot be read ({reason}); {_what_to_do(table)}"
        raise RecordError(msg) from error


def _of_outside(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Fit the columns of options from outside the package to the types that they have now.

    A user may have changed the type of a field since the part was written. Where the values cannot
    be converted, the column is null; ``config_json`` still has the values.

    Args:
        rows: Rows of ``runs`` as they were written.
        schema: The schema of the present version.
    """
    declared = config_leaves()
    for place, field in enumerate(schema):
        leaves = declared.get(field.name, [])
        if not any(leaf.is_outside for leaf in leaves) or rows[place].type == field.type:
            continue
        try:
            fitted = rows[place].cast(field.type)
        except pa.ArrowException:
            fitted = pa.nulls(len(rows), field.type)
        rows = rows.set_column(place, field, fitted)
    return rows


def _check_format(path: Path, table: str, found: pa.Schema, *, has_checksum: bool) -> None:
    """Check that a part of a table, a parquet file, has a format and columns that can be read.

    Args:
        path: Path of the part, for messages.
        table: Name of the table.
        found: The schema that is stored in the part.
        has_checksum: True if the part's file name has a checksum.

    Raises:
        RecordError: If the part was written by a newer version, was renamed so that its checksum
            is lost, or has columns that are unknown or are not those that were written.
    """
    metadata = found.metadata or {}
    written_in = metadata.get(_FORMAT, b"1").decode(errors="replace")
    if written_in.isdecimal() and int(written_in) > FORMAT:
        msg = (
            f"{path} was written by a newer version of ffnn_lab (format {written_in}; this one "
            f"reads formats up to {FORMAT}): read it with that version"
        )
        raise RecordError(msg)
    if written_in != "1" and not has_checksum:
        msg = (
            f"{path} was renamed: it was written as part-WORKER-NUMBER-CHECKSUM.parquet, and "
            "cannot be checked without its checksum; give it back its name, or "
            f"{_what_to_do(table)}"
        )
        raise RecordError(msg)
    known = [*schema_of(table).names, *json.loads(metadata.get(_OUTSIDE, b"[]"))]
    expected = metadata.get(_COLUMNS, COLUMNS_OF_FORMAT_1.get(table, "").encode()).decode()
    unknown = set(found.names) - set(known)
    if unknown or columns_digest(found.names) != expected:
        odd = sorted(unknown or set(known) - set(found.names))
        msg = (
            f"{path} is damaged, or was written by another version of ffnn_lab: columns differ "
            f"({', '.join(odd) or 'one occurs twice'})"
        )
        raise RecordError(msg)


def _stand_in(path: Path, table: str, column: str, rows: pa.Table) -> Any:  # noqa: ANN401 - pyarrow
    """Make the values of a column that a part lacks because the column is newer.

    Args:
        path: Path of the part, for messages.
        table: Name of the table.
        column: Name of the column.
        rows: The part's rows, with the columns that name the options that their runs chose.

    Returns:
        An Arrow array with a value for each row.

    Raises:
        RecordError: If a run needs the column and it declares no neutral value.
    """
    kind = schema_of(table).field(column).type
    if column in ADDED[table]:
        return pa.repeat(pa.scalar(ADDED[table][column], kind), len(rows))
    values = pa.nulls(len(rows), kind)
    declared: list[Leaf] = config_leaves().get(column, []) if table == "runs" else []
    for leaf in declared:
        if leaf.options is None or leaf.chosen_by == column:
            is_chosen = pa.repeat(pa.scalar(value=True), len(rows))
        else:
            is_named = leaf.chosen_by in rows.column_names  # or the name, too, is newer
            chosen = (
                rows[leaf.chosen_by] if is_named else _stand_in(path, table, leaf.chosen_by, rows)
            )
            is_chosen = pc.is_in(chosen, pa.array(leaf.options, pa.string()))
        if leaf.is_outside or not pc.any(is_chosen).as_py():
            continue  # null: the option's file may have been another one
        if "neutral" not in leaf.metadata:
            declared = []
            break
        values = pc.if_else(is_chosen, pa.scalar(leaf.neutral, kind), values)
    if not declared:
        msg = f"{path} was written by another version of ffnn_lab: columns differ ({column})"
        raise RecordError(msg)
    return values
