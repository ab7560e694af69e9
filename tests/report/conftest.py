"""Records that several test modules read."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ffnn_lab.report.data.sweep import Sweep
from tests.support.report.builders import load_sweep, write_sweep


@pytest.fixture
def small(tmp_path: Path) -> Sweep:
    """The small sweep, finished."""
    return load_sweep(write_sweep(tmp_path / "small"))


@pytest.fixture
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay figures out, which finds all that would not be drawn, and write a word for each picture.

    Writing pictures takes three times as long, and tests of words, tables and names need none.
    """

    def savefig(figure: Figure, path: Path, **_: object) -> None:
        figure.draw_without_rendering()
        path.write_text("a picture")

    monkeypatch.setattr(Figure, "savefig", savefig)
