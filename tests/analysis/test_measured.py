"""Measured tables must be read as they were written, and their absence explained."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.measured import MeasureError, read_measured, write_measured

TABLE = pd.DataFrame({"arm": ["a", "b"], "is_matched": [True, False], "loss": [0.125, 1 / 3]})


def test_a_table_is_read_as_it_was_written_to_nine_digits(tmp_path: Path) -> None:
    path = write_measured(tmp_path, "points", TABLE)
    assert path == tmp_path / "measured" / "points.csv"
    pd.testing.assert_frame_equal(read_measured(tmp_path, "points"), TABLE, rtol=1e-9)
    once = path.read_bytes()
    write_measured(tmp_path, "points", TABLE)
    assert path.read_bytes() == once


def test_records_must_be_published_first(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="publish the records first"):
        write_measured(tmp_path / "gone", "points", TABLE)


def test_a_table_that_was_not_measured_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"points\.csv does not exist: measure it"):
        read_measured(tmp_path, "points")
