"""Find, check and parse the file of a user's table, with an error message for each mistake."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ffnn_lab.arrow import in_arrow
from ffnn_lab.config import ConfigError, home
from ffnn_lab.tasks.data.table.delimited import CsvFile, read_csv
from ffnn_lab.tasks.data.table.words import column_name, likely, listed
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

CSV_ENDINGS = (".csv", ".tsv", ".txt", ".data")
PARQUET_ENDINGS = (".parquet", ".pq")
PACKED_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")


@dataclass(frozen=True)
class ParquetFile:
    """A parquet file that was read; unlike a CSV file, it stores values, not written text."""

    columns: pa.Table

    def texts(self, _names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
        """Return an empty dictionary, since a parquet file has no written text; see `CsvFile`."""
        return {}

    def padded(self, _names: Sequence[str]) -> list[str]:
        """Return an empty list, since stored numbers have no leading zeros; see `CsvFile`."""
        return []


TableFile = CsvFile | ParquetFile


def find_table(config: TableConfig) -> Path:
    """Return the full path of the file that a config names.

    Raises:
        ConfigError: If the config names no file, or the file is missing or has another ending than
            those of CSV and parquet files.
    """
    endings = ", ".join((*CSV_ENDINGS, *PARQUET_ENDINGS))
    if config.path is None:
        msg = f"task.path must name a table ({endings}), got nothing"
        raise ConfigError(msg)
    path = home(config.path).absolute()
    ending = path.suffix.lower()
    if ending not in (*CSV_ENDINGS, *PARQUET_ENDINGS):
        hint = "; unpack it first" if ending in PACKED_ENDINGS else ""
        msg = f"task.path must name a table ({endings}), got {config.path}{hint}"
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
    with _readable(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _readable(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise DataError(msg) from error


def read_table(config: TableConfig) -> TableFile:
    """Read and parse the table file that a config names.

    Returns:
        The parsed file. Its columns have the types that a parquet file stores, or that the fields
        of a CSV file allow; missing values are null.

    Raises:
        UserError: If the file is missing, has another checksum than ``config.sha256``, or cannot
            be read.
    """
    path = find_table(config)
    with _readable(path) as opened:
        contents = opened.read()
    found = hashlib.sha256(contents).hexdigest()
    if config.sha256 not in (None, found):
        msg = (
            f"{path} does not hold the table that was asked for: its sha256 is {found}, and "
            f"task.sha256={config.sha256}. Put that table in its place, or accept the table that "
            "is there with task.sha256=null"
        )
        raise DataError(msg)
    if not contents.strip():
        msg = f"{path} is empty"
        raise DataError(msg)
    is_csv = path.suffix.lower() in CSV_ENDINGS
    file = read_csv(path, contents, config) if is_csv else _read_parquet(path, contents)
    if len(file.columns) == 0:
        msg = f"{path} has column names ({listed(file.columns.column_names)}) and no rows"
        raise DataError(msg)
    return file


def _read_parquet(path: Path, contents: bytes) -> ParquetFile:
    try:
        table = pq.ParquetFile(in_arrow(contents)).read()
        table.validate(full=True)  # text that is not UTF-8, say
    except (pa.ArrowException, OSError) as error:
        msg = f"{path} is not a parquet file, or damaged: {str(error).splitlines()[0]}"
        raise DataError(msg) from error
    return ParquetFile(table.rename_columns([column_name(name) for name in table.column_names]))
