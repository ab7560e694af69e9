"""The real data files, where there are any: tests that need them skip elsewhere."""

import os
from pathlib import Path

import pytest

VARIABLE = "FFNN_LAB_DATA"


def real_data(folder: str) -> Path:
    """Give the data folder, or skip the test where it does not hold ``folder``."""
    data = os.environ.get(VARIABLE)
    if data is None or not (Path(data) / folder).is_dir():
        pytest.skip(f"needs {folder}/ below the folder that {VARIABLE} names, which is {data}")
    return Path(data)
