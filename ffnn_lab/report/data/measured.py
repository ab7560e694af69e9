"""Tables that a script measured from a sweep's saved networks, beside the sweep's records.

Saved networks are not published; what a page or a claim needs of them is measured once, as a
table, and published with the records.
"""

from pathlib import Path

import pandas as pd

from ffnn_lab.config import UserError
from ffnn_lab.files import write_whole

FOLDER = "measured"
"""Name of the folder of these tables, in the folder of a sweep's records."""


class MeasureError(UserError):
    """Raised if a table cannot be measured, written or read; the message says why."""


def write_measured(records: Path, name: str, table: pd.DataFrame) -> Path:
    """Write a measured table beside a sweep's records, in place of an earlier one.

    Args:
        records: The folder of the records, which exists.
        name: Name of the table.
        table: The table; numbers are written to nine digits.

    Returns:
        The path of the file, ``RECORDS/measured/NAME.csv``.

    Raises:
        MeasureError: If the folder does not exist.
    """
    if not records.is_dir():
        msg = f"{records} does not exist: there are no records beside which to write {name}"
        raise MeasureError(msg)
    path = measured_path(records, name)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, table.to_csv(index=False, float_format="%.9g").encode())
    return path


def read_measured(records: Path, name: str) -> pd.DataFrame:
    """Read a measured table that lies beside a sweep's records.

    Args:
        records: The folder of the records.
        name: Name of the table.

    Raises:
        MeasureError: If there is no such table.
    """
    path = measured_path(records, name)
    if not path.exists():
        msg = f"{path} does not exist: measure it from the sweep's saved networks"
        raise MeasureError(msg)
    return pd.read_csv(path)


def measured_path(records: Path, name: str) -> Path:
    """Return the path of a measured table, which need not exist."""
    return records / FOLDER / f"{name}.csv"
