"""Errors and losses must have the units of what the task predicts, in tables and figures."""

import io
import math
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from ffnn_lab.records import RecordWriter
from ffnn_lab.report.data.sweep import load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.figures import style
from ffnn_lab.report.measures.tables import arm_table
from ffnn_lab.report.reports.report import report
from ffnn_lab.report.reports.summary import report_summary
from ffnn_lab.report.text.notes import notes
from ffnn_lab.report.text.units import (
    OF_BOTH,
    OF_CLASSES,
    OF_LETTERS,
    OF_LETTERS_AND_OTHERS,
    OF_NUMBERS,
    OF_SIGNS,
    SHARES,
    units_of,
)
from tests.support.report import builders
from tests.support.report.builders import load_sweep, make_config, make_definition, make_result
from tests.support.report.builders import write_sweep as write_sweep_of_classes


@pytest.fixture(name="sweep")
def _sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a sweep over a task that predicts a number, whose chance error is 1."""
    monkeypatch.setattr(builders, "CHANCE", 1.0)
    definition = make_definition(protocol={"name": "random", "n_settings": 3, "seed": 0})
    return write_sweep_of_classes(tmp_path / "sweep", definition=definition)


def test_the_chance_error_tells_what_is_predicted() -> None:
    def units(*chance: float) -> object:
        return units_of(pd.DataFrame({"chance_error": chance}))

    assert units(0.9, 0.5) == OF_CLASSES
    assert units(1.0, 1.0) == OF_NUMBERS
    assert units(0.9, 1.0) == OF_BOTH


def test_letters_are_told_in_bits() -> None:
    runs = pd.DataFrame({"chance_error": [4.4, 0.9], "task.stretch": [50, None]})
    assert units_of(runs.iloc[:1]) == OF_LETTERS
    assert units_of(runs.iloc[1:]) == units_of(runs.iloc[:0]) == OF_CLASSES
    assert units_of(runs) == OF_LETTERS_AND_OTHERS
    assert OF_LETTERS.reworded("test error (%)") == "test error (% of a bit per letter)"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [(["squared", "squared"], OF_SIGNS), (["squared", "logistic"], OF_CLASSES)],
)
def test_signs_under_the_squared_loss_have_no_nats(losses: list[str], expected: object) -> None:
    assert units_of(pd.DataFrame({"chance_error": 0.5, "task.loss": losses})) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("test error (%) [95% interval]", "test error (% of variance) [95% interval]"),
        ("test - train (%)", "test - train (% of variance)"),
        ("dev error (%), mean over seeds", "dev error (% of variance), mean over seeds"),
        ("train loss (nats)", "train loss (share of variance)"),
        ("gain of tuning (percentage points)", "gain of tuning (percentage points)"),
        ("improves at a seed (%) [95% interval]", "improves at a seed (%) [95% interval]"),
        ("same first in resamples (%)", "same first in resamples (%)"),
    ],
)
def test_headings_of_numbers(heading: str, expected: str) -> None:
    assert OF_NUMBERS.reworded(heading) == expected
    assert OF_CLASSES.reworded(heading) == heading


def _said(folder: Path) -> str:
    console = Console(file=io.StringIO(), width=400)
    report(folder, console=console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.usefixtures("_no_pictures")
def test_no_table_of_a_sweep_says_percent_of_examples_or_nats(sweep: Path) -> None:
    said = _said(sweep)
    assert "test error (% of variance) [95% interval at this one setting]" in said
    pages = [path.read_text() for path in (sweep / "tables").glob("*.md")]
    assert len(pages) > 5
    for page in [said, *pages]:
        assert "(nats)" not in page
        cells = page.replace("  ", "|").split("|")
        percent = [cell.strip() for cell in cells if "(%)" in cell]
        assert all(cell.startswith(SHARES) for cell in percent), percent


def test_a_summary_has_the_units_of_its_sweeps(sweep: Path, tmp_path: Path) -> None:
    file = io.StringIO()
    paths = report_summary(
        [sweep], outputs=sweep.parent, to=tmp_path / "told", console=Console(file=file, width=200)
    )
    for told in (file.getvalue(), *(path.read_text() for path in paths[1:3])):
        assert "est error (% of variance)" in told.replace("\\%", "%")
        assert "(%)" not in told.replace("\\%", "%")


def test_no_axis_of_a_sweep_does(sweep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = []

    def note(figure: Figure, _points: object, **_: object) -> list[Path]:
        labels.extend(
            [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel())]
        )
        return []

    monkeypatch.setattr("ffnn_lab.report.reports.report.save", note)
    _said(sweep)
    assert "train error (% of variance)" in labels
    assert "dev error (% of variance), mean over seeds" in labels
    assert not [label for label in labels if "(%)" in label or "(nats)" in label]


def test_the_notes_explain_an_error_of_numbers(sweep: Path, tmp_path: Path) -> None:
    def noted(folder: Path) -> str:
        read = load_sweep(folder)
        winners = find_winners(read)
        return "\n".join(notes(read, winners, arm_table(read, winners)))

    assert "in percent of the variance that the target has in train (100 (1 - R^2))" in noted(
        sweep
    )
    builders.CHANCE = 0.9
    assert "variance" not in noted(write_sweep_of_classes(tmp_path / "classes"))


def test_a_single_run(sweep: Path, tmp_path: Path) -> None:
    result = make_result(make_config("sgd", 0, 0), (0.1, 0.2, 0.3))
    RecordWriter(tmp_path / "run").write([result])
    said = _said(tmp_path / "run")
    assert "loss (share of variance)" in said
    assert "error (% of variance)" in said
    assert len(load(sweep).runs) > 1


def test_an_axis_reaches_errors_beyond_1() -> None:
    ax = Figure().subplots()
    style.error_axis(ax, [0.3, 42.0], is_log=True)
    low, high = ax.get_ylim()
    assert low < 0.3
    assert high > 42
    assert max(ax.get_yticks()) >= 10
    assert math.isclose(max(tick for tick in ax.get_yticks() if tick <= 1), 1.0)
    style.error_axis(ax, [0.01, 0.9], is_log=True)
    assert ax.get_ylim()[1] == 1
