"""Access to real data files; tests that need them are skipped where there are none."""

import os
from pathlib import Path

import pytest

VARIABLE = "FFNN_LAB_DATA"


def real_data(folder: str) -> Path:
    """Return the data folder, or skip the test if it has no subfolder ``folder``."""
    data = os.environ.get(VARIABLE)
    if data is None or not (Path(data) / folder).is_dir():
        pytest.skip(f"needs {folder}/ below the folder that {VARIABLE} names, which is {data}")
    return Path(data)
