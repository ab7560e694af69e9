"""`ffnn_lab.load` and `ffnn_lab.summarize`: records as tables and figures."""

import io
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from rich.console import Console

import ffnn_lab
from ffnn_lab.report.data.sweep import Records, Sweep
from ffnn_lab.report.reports.report import report
from tests.support.report.builders import write_run, write_sweep


def files_of(folder: Path) -> dict[str, bytes]:
    kinds = (".csv", ".md", ".tex", ".json")
    written = [path for kind in ("tables", "figures") for path in (folder / kind).iterdir()]
    return {path.name: path.read_bytes() for path in written if path.suffix in kinds}


def test_load_takes_a_folder_or_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_sweep(tmp_path / "outputs" / "s")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FFNN_LAB_OUTPUTS", raising=False)
    for name in (folder, str(folder), folder.name):
        records = ffnn_lab.load(name)
        assert isinstance(records, Sweep)
        assert len(records.trials) == len(records.rows)
        assert list(records.arms) == ["sgd", "adam"]
    monkeypatch.setenv("FFNN_LAB_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.chdir("/")
    assert ffnn_lab.load(folder.name).name == folder.name
    with pytest.raises(ffnn_lab.UserError, match=f"there are: {folder.name}"):
        ffnn_lab.load("nosuch")


def test_load_of_a_single_run(tmp_path: Path) -> None:
    records = ffnn_lab.load(write_run(tmp_path / "run-0"))
    assert type(records) is Records
    assert len(records.runs) == 1
    assert len(records.trials) == 0


def test_a_summary_is_what_the_report_writes(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "outputs" / "s")
    summary = ffnn_lab.summarize(ffnn_lab.load(folder), to=tmp_path / "s")
    assert not (folder / "tables").exists()
    assert all(path.exists() for path in summary.files)
    report(folder, console=Console(file=io.StringIO()))
    assert files_of(tmp_path / "s") == files_of(folder)
    assert {f"{name}.csv" for name in summary.tables} <= set(files_of(folder))
    assert summary.page == (folder / "tables" / "report.md").read_text().rstrip("\n")
    for name, table in summary.tables.items():
        stored = pd.read_csv(folder / "tables" / f"{name}.csv")
        assert list(stored.columns) == [str(each) for each in table.columns]
        assert len(stored) == len(table)
    assert set(summary.words) >= set(summary.tables)
    assert summary.words["arms"]["arm"].tolist() == ["sgd", "adam"]


def test_a_notebook_shows_the_page_and_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "run-0")
    before = sorted(tmp_path.rglob("*"))
    summary = ffnn_lab.summarize(folder)
    assert capsys.readouterr() == ("", "")
    assert sorted(tmp_path.rglob("*")) == before
    assert summary.files == ()
    assert list(summary.figures) == ["learning_curves"]
    figure = summary.figures["learning_curves"]
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert summary._repr_markdown_() == summary.page
    assert "## run" in summary.page
    assert repr(summary) == "Summary of run-0: tables ['run'], figures ['learning_curves']"


def test_a_folder_with_records_of_its_own_is_not_written_to(tmp_path: Path) -> None:
    one, other = write_run(tmp_path / "run-0"), write_run(tmp_path / "run-1")
    with pytest.raises(ffnn_lab.UserError, match="has records of its own"):
        ffnn_lab.summarize(one, to=other)
    assert ffnn_lab.summarize(one, to=one).files
