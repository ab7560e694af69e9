"""A report must be whole, leave nothing out in silence, and be the same again."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from analysis.report import report
from ffnn_lab.records import RecordError
from tests.analysis.builders import TUNE, load_sweep, make_definition, write_run, write_sweep

TABLES = ["arms.csv", "arms.md", "arms.tex", "settings.md", "settings.tex"]
DIFFERENCES = [f"paired_differences.{suffix}" for suffix in ("csv", "md", "tex")]


def figure_files(*names: str) -> list[str]:
    return [f"{name}.{suffix}" for name in names for suffix in ("pdf", "png", "csv", "json")]


def reported(folder: Path) -> tuple[list[Path], str]:
    file = io.StringIO()
    paths = report(folder, console=Console(file=file, width=80))
    return paths, file.getvalue()


@dataclass(frozen=True)
class Finished:
    """What the report of the finished sweep came to."""

    folder: Path
    paths: list[Path]
    text: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = write_sweep(tmp_path_factory.mktemp("outputs") / "small")
    return Finished(folder, *reported(folder))


def test_writes_all_tables_and_figures(finished: Finished) -> None:
    assert all(path.is_file() for path in finished.paths)
    names = {
        kind: [path.name for path in finished.paths if path.parent == finished.folder / kind]
        for kind in ("tables", "figures")
    }
    assert sorted(names["tables"]) == sorted([*TABLES, *DIFFERENCES, "report.md"])
    assert names["figures"] == figure_files("learning_curves", "error_against_lr")


def test_prints_tables_then_commands_that_can_be_pasted(finished: Finished) -> None:
    text = finished.text
    assert text.isascii()
    assert "small: arms\n" in text
    command = (
        "python -m ffnn_lab.run optimizer=sgd trainer.max_epochs=2 optimizer.lr=1.0 "
        "dropout.hidden=0.0 seed=1000"
    )
    assert command in text.splitlines()  # longer than the console is wide
    assert text.index("12.00 [7.03, 16.97]") < text.index(command)


def test_the_page_says_what_was_printed(finished: Finished) -> None:
    page = (finished.folder / "tables" / "report.md").read_text()
    printed = [line for line in finished.text.splitlines() if line.startswith(("- ", "python"))]
    assert len(printed) == 6  # four notes, two commands
    assert set(printed) <= set(page.splitlines())


def test_numbers_on_disk_are_those_of_the_table(finished: Finished) -> None:
    table = pd.read_csv(finished.folder / "tables" / "arms.csv")
    assert table["test.error"].tolist() == pytest.approx([0.12, 1.13 / 3])
    assert table["optimizer.lr"].tolist() == [1.0, 0.01]


def test_a_figure_names_the_runs_behind_it(finished: Finished) -> None:
    source = json.loads((finished.folder / "figures" / "learning_curves.json").read_text())
    confirm = load_sweep(finished.folder).of("adam", stage="confirm")["run_id"].tolist()
    assert source["run_ids"]["adam"] == confirm
    assert source["commands"] == [make_definition()["command"], "python -m analysis small"]


def test_equal_records_give_equal_files(finished: Finished) -> None:
    before = {path: path.read_bytes() for path in finished.paths}
    again = {path: path.read_bytes() for path in reported(finished.folder)[0]}
    assert again == before


def test_a_sweep_that_is_not_confirmed_yet(tmp_path: Path) -> None:
    paths, text = reported(write_sweep(tmp_path, rows=TUNE))
    assert "- not finished (0 of 3 confirm seeds): sgd, adam" in text
    assert "- sgd is not in learning_curves: it has no runs on fresh seeds yet" in text
    assert [path.name for path in paths if path.parent.name == "figures"] == figure_files(
        "error_against_lr"
    )


def test_an_arm_without_a_learning_rate_to_tune(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["adam"]["space"] = {}
    definition = make_definition(arms=arms)
    _, text = reported(write_sweep(tmp_path, rows=TUNE, definition=definition))
    assert "- adam is not in error_against_lr: its optimizer.lr was not tuned" in text


def test_a_single_run(tmp_path: Path) -> None:
    paths, text = reported(write_run(tmp_path / "run-0"))
    assert "run-0: run\n" in text
    assert [path.name for path in paths] == [
        *("run.csv", "run.md", "run.tex"),
        *figure_files("learning_curves"),
    ]


def test_a_damaged_part_writes_nothing(tmp_path: Path) -> None:
    folder = write_sweep(tmp_path)
    (folder / "curves" / "part-0-0.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(RecordError, match=r"part-0-0\.parquet cannot be read"):
        report(folder, console=Console(file=io.StringIO()))
    assert not (folder / "tables").exists()
    assert not (folder / "figures").exists()
