"""Parse CSV files, with each column as the type that its fields allow, or as text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ffnn_lab.arrow import in_arrow
from ffnn_lab.tasks.data.table.words import column_name
from ffnn_lab.tasks.data.task import DataError
from ffnn_lab.tasks.table import TableConfig

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
DECIMALS = {"point": ".", "comma": ","}
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")
"""Fields of a CSV file that mean a missing value. ``None`` is not among them, since it may
be a category."""
BLOCK = 2**20
"""Size in bytes of the blocks in which Arrow parses a file, if no line is longer."""
MOST_BYTES = 2**31 - 1
"""Size in bytes of the largest block that Arrow can parse."""
_PADDED = re.compile(rb"(?<![0-9.])0[0-9]")
_DECIMAL_COMMA = re.compile(r"(?:^|[;\t])-?[0-9]+,[0-9]+(?:$|[;\t])")


@dataclass(frozen=True)
class CsvFile:
    """A CSV file that was parsed, and everything needed to read its fields again as text."""

    columns: pa.Table
    """Every column with the type that its fields allow; missing values are null."""
    raw_names: Sequence[str]
    """Names of the columns as written, with any spaces around them."""
    contents: bytes = field(repr=False)
    parse: pa_csv.ParseOptions
    convert: Mapping[str, Any]
    """Arguments of ``pyarrow.csv.ConvertOptions`` with which the file was parsed."""

    def texts(self, names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
        """Return columns as text, as the file writes them, without the spaces around each field.

        Args:
            names: Names of columns, each of which occurs once in the file.
        """
        if not names:
            return {}
        raw = dict(zip(self.columns.column_names, self.raw_names, strict=True))
        included = [raw[name] for name in names]
        convert = pa_csv.ConvertOptions(
            **self.convert,
            include_columns=included,
            column_types=dict.fromkeys(included, pa.string()),
        )
        table = _parsed(self.contents, self.parse, convert)
        return {name: _trimmed(table.column(i)) for i, name in enumerate(names)}

    def padded(self, names: Sequence[str]) -> list[str]:
        """Return the names of columns of whole numbers, some of which have a leading zero.

        Args:
            names: Names of the columns to search.
        """
        if not _PADDED.search(self.contents):
            return []
        whole = [name for name in names if pa.types.is_integer(self.columns[name].type)]
        return [
            name
            for name, text in self.texts(whole).items()
            if pc.any(pc.match_substring_regex(text, "^-?0[0-9]")).as_py()
        ]


def read_csv(path: Path, contents: bytes, config: TableConfig) -> CsvFile:
    """Parse a CSV file as a config says.

    Raises:
        DataError: If the file is not UTF-8, or not a table with that delimiter.
    """
    _check_encoding(path, contents)
    delimiter = config.delimiter
    if delimiter == "auto":
        delimiter = "tab" if path.suffix.lower() == ".tsv" else "comma"
    parse = pa_csv.ParseOptions(delimiter=DELIMITERS[delimiter], newlines_in_values=True)
    convert = {
        "null_values": [*MISSING, *(f" {word}" for word in MISSING)],
        "strings_can_be_null": True,
        "decimal_point": DECIMALS[config.decimal],
    }
    try:
        table = _parsed(contents, parse, pa_csv.ConvertOptions(**convert))
    except pa.ArrowException as error:
        told = str(error).splitlines()[0]
        hint = _other_delimiter(contents, delimiter, config)
        msg = f"{path} is not a table with the delimiter {delimiter}: {told}{hint}"
        raise DataError(msg) from error
    names = [column_name(name.strip()) for name in table.column_names]
    if len(names) == 1:
        hint = _other_delimiter(contents, delimiter, config)
        msg = f"{path} has one column only, {names[0]!r}, with the delimiter {delimiter}{hint}"
        raise DataError(msg)
    columns = pa.table([_trimmed(column) for column in table.columns], names=names)
    return CsvFile(columns, table.column_names, contents, parse, convert)


def _other_delimiter(contents: bytes, delimiter: str, config: TableConfig) -> str:
    """Return the end of an error message: advice to set another delimiter.

    The text is empty if the first line has the present delimiter, or no other one.

    Args:
        contents: Contents of the file.
        delimiter: The delimiter with which the file was parsed, a key of `DELIMITERS`.
        config: The table's config.
    """
    start = contents[: 1 << 20].decode("utf-8-sig", errors="ignore").lstrip()
    first, _, rest = start.partition("\n")
    others = [word for word, sign in DELIMITERS.items() if sign in first]
    if not others or delimiter in others:
        return ""
    decimal = ""
    if config.decimal == "point" and has_decimal_comma(rest.partition("\n")[0]):
        decimal = " task.decimal=comma"
    return f": set task.delimiter={others[0]}{decimal}"


def has_decimal_comma(text: str) -> bool:
    """Return True if a field of a line is a number with a decimal comma, such as ``-1,5``."""
    return _DECIMAL_COMMA.search(text.strip()) is not None


def _check_encoding(path: Path, contents: bytes) -> None:
    try:
        contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        likely = "UTF-16" if contents.startswith((b"\xff\xfe", b"\xfe\xff")) else "WINDOWS-1252"
        msg = (
            f"{path} is not UTF-8: line {line} has the byte 0x{contents[error.start]:02x}. Save "
            f"the table as UTF-8 (as iconv -f {likely} -t UTF-8 does)"
        )
        raise DataError(msg) from error


def _parsed(
    contents: bytes, parse: pa_csv.ParseOptions, convert: pa_csv.ConvertOptions
) -> pa.Table:
    """Parse a file in blocks, or, if that fails, as one block, since a line may be longer.

    Arrow's threads are not used: a process in which they failed does not end (seen with pyarrow
    26.0 and lines over 1 MiB), and their errors do not tell which row is wrong.
    """

    def parsed(block_size: int) -> pa.Table:
        read = pa_csv.ReadOptions(use_threads=False, block_size=block_size)
        return pa_csv.read_csv(
            in_arrow(contents), read_options=read, parse_options=parse, convert_options=convert
        )

    if b"\n" in contents[:BLOCK]:
        try:
            return parsed(BLOCK)
        except pa.ArrowException:  # the next attempt may raise it again
            pass
    return parsed(min(len(contents) + 1, MOST_BYTES))


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strip the spaces around the words of a column of text; return other columns unchanged.

    Words that then mean a missing value, see `MISSING`, become null.
    """
    if not pa.types.is_string(column.type):
        return column
    words = pc.utf8_trim_whitespace(column)
    is_missing = pc.is_in(words, pa.array(MISSING))
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), words)
