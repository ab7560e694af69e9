"""The pages on initialization must be made from the records of the sweeps that they are about."""

import importlib
import re
from pathlib import Path

import pytest

from analysis import glorot_signals
from analysis.pages import Page
from ffnn_lab.report.data.measured import MeasureError
from ffnn_lab.report.reports.publish import publish
from tests.support.command_line import run_lab_forked
from tests.support.exhaustive import rest

COMPARISON = ("arms", "differences", "claims")
TABLES = {
    "initialization_scale": ["plateaus", "counts", "widths"],
    "glorot_signals": [
        *("activations_start", "activations_end", "gradients_start", "gradients_end"),
        *("weight_gradients", "jacobians", *COMPARISON),
    ],
    "he_depth": ["trained", *COMPARISON],
    "symmetry": ["ends", "claims"],
}
"""The tables of each page."""
FIGURES = {
    "initialization_scale": {"errors"},
    "glorot_signals": {"signals"},
    "he_depth": {"signals"},
    "symmetry": {"differences"},
}
SHOWN = {
    "initialization_scale": ["| he_normal ", "| gain_zero ", "heavy_ball - sgd, "],
    "glorot_signals": ["| orthogonal ", "layers 2 to 5", "| glorot_weight_gradients "],
    "he_depth": ["| glorot_30 ", "4.3e-05", "| he_deeper_no_better "],
    "symmetry": ["| constant_dropout ", "constant - constant_dropout, activation=sigmoid"],
}
"""Cells that tables of the page show."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [each if each == "glorot_signals" else rest(each) for each in TABLES]
)
def test_a_page_is_made_from_the_records_of_a_small_sweep(name: str, tmp_path: Path) -> None:
    said = run_lab_forked(tmp_path, "-m", f"sweeps={name}_smoke", f"hydra.sweeper.name={name}")
    assert said.exit_code == 0, said.error
    publish(tmp_path / "outputs" / name, tmp_path / "records" / name)
    page = Page(name, tmp_path)
    places = [f"<!-- table {table} -->\n<!-- end -->\n" for table in TABLES[name]]
    page.path.write_text("\n".join(places))
    script = importlib.import_module(f"analysis.{name}")
    if script is glorot_signals:
        with pytest.raises(MeasureError, match=r"jacobians\.csv does not exist: measure it"):
            script.make(page)
        assert glorot_signals.main([str(tmp_path / "records" / name)]) == 0
    script.make(page)
    text = page.path.read_text()
    for cell in SHOWN[name]:
        assert cell in text
    assert "nan" not in re.findall(r"[a-z]+", text)
    figures = {path.stem.removeprefix(f"{name}_") for path in page.figures.iterdir()}
    assert figures == FIGURES[name]
    once = {path: path.read_bytes() for path in page.figures.iterdir()}
    script.make(page)
    assert page.path.read_text() == text
    assert {path: path.read_bytes() for path in page.figures.iterdir()} == once


def test_records_that_are_not_there_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert glorot_signals.main([str(tmp_path / "gone")]) == 2
    assert "neither a folder nor a sweep" in capsys.readouterr().err
