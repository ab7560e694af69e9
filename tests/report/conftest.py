"""Fixtures that several test modules use."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.builders import load_sweep, write_sweep


@pytest.fixture
def small(tmp_path: Path) -> Sweep:
    """Load the small sweep of `tests.support.report.builders`, finished."""
    return load_sweep(write_sweep(tmp_path / "small"))


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay out each figure, so that errors in drawing are found, but save a text, not a picture.

    Writing pictures takes three times as long, and tests of words, tables and file names do not
    need any.
    """

    def savefig(figure: Figure, path: Path, **_: object) -> None:
        figure.draw_without_rendering()
        path.write_text("a picture")

    monkeypatch.setattr(Figure, "savefig", savefig)
