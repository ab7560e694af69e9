"""A user's table as it lies on the disk: found, checked and parsed, every slip named."""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ffnn_lab.config import ConfigError, home
from ffnn_lab.config.task import TableConfig
from ffnn_lab.tasks.task import DataError

CSV_ENDINGS = (".csv", ".tsv", ".txt")
PARQUET_ENDINGS = (".parquet", ".pq")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")
"""What stands for a missing value in CSV. ``None`` is a word: it may well be a category."""
INDEX = "__index_level_0__"
"""What pandas calls an index without a name in parquet."""
N_LISTED = 20
"""Columns that a message lists."""


def find_table(config: TableConfig) -> Path:
    """Give the full path of the file that a config names.

    Raises:
        ConfigError: If it names none, or none that is there and of a kind that can be read.
    """
    endings = ", ".join((*CSV_ENDINGS, *PARQUET_ENDINGS))
    if config.path is None:
        msg = f"task.path must name a table ({endings}), got nothing"
        raise ConfigError(msg)
    path = home(config.path).absolute()
    if path.suffix.lower() not in (*CSV_ENDINGS, *PARQUET_ENDINGS):
        msg = f"task.path must name a table ({endings}), got {config.path}"
        raise ConfigError(msg)
    if not path.is_file():
        folder = path.parent
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
        what = f"there is no such file{likely(path.name, names)}"
        if path.is_dir():
            what = "is a folder"
        msg = f"task.path={config.path}: {what}; looked at {path}"
        raise ConfigError(msg)
    return path


def checksum(path: Path) -> str:
    """Compute the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_table(config: TableConfig) -> pa.Table:
    """Read the file that a config names.

    Returns:
        Its columns with the types that the file gives them; what is missing is null.

    Raises:
        UserError: If the file is not there, is another one than ``config.sha256`` says, or
            cannot be read.
    """
    path = find_table(config)
    contents = path.read_bytes()
    found = hashlib.sha256(contents).hexdigest()
    if config.sha256 not in (None, found):
        msg = (
            f"{path} does not hold the table that was asked for: its sha256 is {found}, and "
            f"task.sha256={config.sha256}. Put that table in its place, or ask for whatever is "
            "there with task.sha256=null"
        )
        raise DataError(msg)
    if not contents.strip():
        msg = f"{path} is empty"
        raise DataError(msg)
    is_csv = path.suffix.lower() in CSV_ENDINGS
    table = _read_csv(path, contents, config) if is_csv else _read_parquet(path, contents)
    if len(table) == 0:
        msg = f"{path} has column names ({listed(table.column_names)}) and no rows"
        raise DataError(msg)
    return table


def _read_csv(path: Path, contents: bytes, config: TableConfig) -> pa.Table:
    try:
        contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        msg = (
            f"{path} is not UTF-8: line {line} has the byte 0x{contents[error.start]:02x}. Save "
            "the table as UTF-8"
        )
        raise DataError(msg) from error
    asked = config.delimiter
    if asked == "auto":
        asked = "tab" if path.suffix.lower() == ".tsv" else "comma"
    try:
        table = pa_csv.read_csv(
            _in_arrow(contents),
            parse_options=pa_csv.ParseOptions(
                delimiter=DELIMITERS[asked], newlines_in_values=True
            ),
            convert_options=pa_csv.ConvertOptions(
                null_values=[*MISSING, *(f" {word}" for word in MISSING)], strings_can_be_null=True
            ),
        )
    except pa.ArrowException as error:
        msg = f"{path} is not a table with the delimiter {asked}: {str(error).splitlines()[0]}"
        raise DataError(msg) from error
    names = [name.strip() for name in table.column_names]
    if len(names) == 1:
        others = [word for word, sign in DELIMITERS.items() if sign in names[0]]
        hint = f": set task.delimiter={others[0]}" if others else ""
        msg = f"{path} has one column only, {names[0]!r}, with the delimiter {asked}{hint}"
        raise DataError(msg)
    return pa.table([_trimmed(column) for column in table.columns], names=names)


def _in_arrow(contents: bytes) -> pa.BufferReader:
    """Copy bytes to memory that is Arrow's own.

    Its threads may let go of what they read after Python has begun to end, as it does at once
    when a table is refused; were it Python's, the process would at times abort, with another exit
    code (apache/arrow, issue 34314).
    """
    copy = pa.BufferOutputStream()
    copy.write(contents)
    return pa.BufferReader(copy.getvalue())


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take the spaces around words away, and words that then stand for nothing."""
    if not pa.types.is_string(column.type):
        return column
    words = pc.utf8_trim_whitespace(column)
    is_missing = pc.is_in(words, pa.array(MISSING))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), words)


def _read_parquet(path: Path, contents: bytes) -> pa.Table:
    try:
        return pq.read_table(_in_arrow(contents))
    except (pa.ArrowException, OSError) as error:
        msg = f"{path} is not a parquet file, or damaged: {str(error).splitlines()[0]}"
        raise DataError(msg) from error


def checked_columns(table: pa.Table, config: TableConfig) -> dict[str, pa.ChunkedArray]:
    """Give the columns that are asked for by name, in the order of the file.

    Raises:
        UserError: If a name is not there, stands twice, or is none.
    """
    names = table.column_names
    if config.target is None:
        msg = f"task.target must name the column to predict, got nothing; {_has(names)}"
        raise ConfigError(msg)
    for field, asked in (
        ("target", [config.target]),
        ("exclude", config.exclude),
        ("categorical", config.categorical),
    ):
        for name in asked:
            if name not in names:
                msg = f"task.{field}: there is no column {name!r}; {_has(names, name)}"
                raise ConfigError(msg)
    if config.target in config.exclude:
        msg = f"task.exclude leaves out {config.target!r}, which is the task.target"
        raise ConfigError(msg)
    if config.target in config.categorical:
        msg = (
            f"task.categorical names {config.target!r}, which is the task.target: its numbers are "
            "classes with task.kind=classification"
        )
        raise ConfigError(msg)
    kept = [place for place, name in enumerate(names) if name not in config.exclude]
    for place in kept:
        if names[place] in ("", INDEX):
            msg = (
                f"column {place + 1} of {config.path} has no name, as the index that pandas "
                f"writes: write it with index=False, or set 'task.exclude=[\"{names[place]}\"]'"
            )
            raise DataError(msg)
    twice = sorted({names[i] for i in kept if sum(names[i] == names[j] for j in kept) > 1})
    if twice:
        msg = f"{config.path} has more than one column named {listed(twice)}: rename all but one"
        raise DataError(msg)
    if len(kept) == 1:
        msg = f"{config.path} has no column beside the target {config.target!r} to learn from"
        raise DataError(msg)
    return {names[place]: table.column(place) for place in kept}


def listed(names: Sequence[str]) -> str:
    """List names; of too many, the first ones and the last, which is often the target."""
    if len(names) <= N_LISTED:
        return ", ".join(names)
    n_more = len(names) - N_LISTED
    return f"{', '.join(names[: N_LISTED - 1])}, ... ({n_more} more), {names[-1]}"


def likely(written: str, names: Iterable[str]) -> str:
    """Point at what was likely meant."""
    close = difflib.get_close_matches(written, list(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _has(names: Sequence[str], written: str = "") -> str:
    are_numbers = all(_is_number(name) for name in names)
    hint = "; is its first line the names?" if are_numbers else ""
    return f"the table has {listed(names)}{likely(written, names)}{hint}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
