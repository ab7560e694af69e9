"""Tables that were measured from saved networks, stored beside a sweep's published records.

Saved networks are not published: a page makes its tables and figures from these tables instead.
"""

from pathlib import Path

import pandas as pd

from ffnn_lab.config import UserError
from ffnn_lab.files import write_whole

FOLDER = "measured"
"""Name of the folder of these tables, in the folder of a sweep's published records."""


class MeasureError(UserError):
    """Raised if a table cannot be measured, written or read; the message says why."""


def write_measured(records: Path, name: str, table: pd.DataFrame) -> Path:
    """Write a measured table beside published records, in place of an earlier one.

    Args:
        records: Folder of a sweep's published records, which exists.
        name: Name of the table.
        table: The table; numbers are written to nine digits.

    Returns:
        The path of the file, ``RECORDS/measured/NAME.csv``.

    Raises:
        MeasureError: If the folder does not exist.
    """
    if not records.is_dir():
        msg = f"{records} does not exist: publish the records first (python -m analysis.publish)"
        raise MeasureError(msg)
    path = records / FOLDER / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, table.to_csv(index=False, float_format="%.9g").encode())
    return path


def read_measured(records: Path, name: str) -> pd.DataFrame:
    """Read a measured table that lies beside published records.

    Args:
        records: Folder of a sweep's published records.
        name: Name of the table.

    Raises:
        MeasureError: If there is no such table.
    """
    path = records / FOLDER / f"{name}.csv"
    if not path.exists():
        msg = f"{path} does not exist: measure it from the sweep's saved networks"
        raise MeasureError(msg)
    return pd.read_csv(path)
