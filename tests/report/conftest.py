"""Records that several test modules read."""

from pathlib import Path

import pytest

from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.builders import load_sweep, write_sweep


@pytest.fixture
def small(tmp_path: Path) -> Sweep:
    """The small sweep, finished."""
    return load_sweep(write_sweep(tmp_path / "small"))
