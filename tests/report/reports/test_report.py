"""A report must be complete, mention what it leaves out, and be the same if made again."""

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.records import RecordError, RecordWriter
from ffnn_lab.report.kinds import Kind
from ffnn_lab.report.reports.report import report
from ffnn_lab.report.sheets import SHEETS
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.builders import (
    CONFIRM,
    DEFAULT,
    TUNE,
    Row,
    load_sweep,
    make_config,
    make_definition,
    make_result,
    write_run,
    write_sweep,
)
from tests.support.report.latex import check_latex

TABLES = [
    *("arms.csv", "arms.md", "arms.tex", "settings.md", "settings.tex"),
    *("gain_of_tuning.md", "gain_of_tuning.tex"),
]
STATISTICS = [
    f"{name}.{suffix}"
    for name in ("paired_differences", "spreads", "progress", "matched_train_loss")
    for suffix in ("csv", "md", "tex")
]
OF_SEEDS = ("paired_differences", "train_test_gap")
"""Figures of results on fresh seeds."""


def figure_files(*names: str) -> list[str]:
    return [f"{name}.{suffix}" for name in names for suffix in ("pdf", "png", "csv", "json")]


def reported(folder: Path) -> tuple[list[Path], str]:
    file = io.StringIO()
    paths = report(folder, console=Console(file=file, width=80))
    return paths, file.getvalue()


@dataclass(frozen=True)
class Finished:
    """The report of the finished small sweep: its folder, files and printed text."""

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
    assert sorted(names["tables"]) == sorted([*TABLES, *STATISTICS, "report.md"])
    assert names["figures"] == figure_files("learning_curves", "error_against_lr", *OF_SEEDS)


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
    assert len(printed) == 12  # ten notes, two commands
    assert set(printed) <= set(page.splitlines())


def test_numbers_on_disk_are_those_of_the_table(finished: Finished) -> None:
    table = pd.read_csv(finished.folder / "tables" / "arms.csv")
    assert table["test.error"].tolist() == pytest.approx([0.12, 1.13 / 3])
    assert table["optimizer.lr"].tolist() == [1.0, 0.01]


def test_tables_in_latex_are_whole_and_say_n_and_interval(finished: Finished) -> None:
    found = {path.stem: path.read_text() for path in finished.paths if path.suffix == ".tex"}
    for text in found.values():
        check_latex(text)
    assert (
        r"\caption{Sweep small. The best setting of each arm. Test errors are means over n = 3 "
        r"fresh seeds, in brackets the 95\% t interval of the mean at this one setting. An "
        r"interval is cut where no error or no difference of errors lies beyond its end.}"
    ) in found["arms"]
    without = {name for name, text in found.items() if "interval" not in text}
    assert without == {"settings"}


def test_every_sheet_of_a_sweep_has_a_caption() -> None:
    assert all(each.caption for each in SHEETS.values() if Kind.SWEEP in each.reports)


def test_a_figure_names_the_runs_behind_it(finished: Finished) -> None:
    source = json.loads((finished.folder / "figures" / "learning_curves.json").read_text())
    confirm = load_sweep(finished.folder).of("adam", stage="confirm")["run_id"].tolist()
    assert source["run_ids"]["adam"] == confirm
    assert source["commands"] == [make_definition()["command"], "python -m analysis small"]


@pytest.mark.slow
def test_equal_records_give_equal_files(finished: Finished) -> None:
    before = {path: path.read_bytes() for path in finished.paths}
    again = {path: path.read_bytes() for path in reported(finished.folder)[0]}
    assert again == before


@pytest.mark.usefixtures("_no_pictures")
def test_a_sweep_that_is_not_confirmed_yet(tmp_path: Path) -> None:
    paths, text = reported(write_sweep(tmp_path, rows=TUNE))
    lacks = "0 of 3 confirm seeds, 0 of 3 confirm seeds of the default"
    assert f"- not finished ({lacks}): sgd, adam" in text
    assert "gain of tuning" not in text
    assert "- sgd is not in learning_curves: it has no runs on fresh seeds yet" in text
    assert [path.name for path in paths if path.parent.name == "figures"] == figure_files(
        "error_against_lr"
    )


@pytest.mark.usefixtures("_no_pictures")
def test_an_arm_without_a_learning_rate_to_tune(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["adam"]["space"] = {}
    definition = make_definition(arms=arms)
    _, text = reported(write_sweep(tmp_path, rows=TUNE, definition=definition))
    assert "- adam is not in error_against_lr: its optimizer.lr was not tuned" in text


def test_the_defaults_error_stands_beside_the_tuned_one(finished: Finished) -> None:
    page = (finished.folder / "tables" / "report.md").read_text()
    for text in (finished.text, page):
        assert "default test error (%)" in text
        assert "23.00 [14.04, 31.96]" in text
        assert "11.00 [6.70, 15.30]" in text
    assert "small: gain of tuning\n" in finished.text
    assert "## gain of tuning\n" in page


@pytest.mark.slow
@pytest.mark.usefixtures("_no_pictures")
def test_what_an_earlier_report_wrote_does_not_outlive_its_reason(tmp_path: Path) -> None:
    """A figure and a table whose records are gone are removed; a file of the user's stays."""
    folder = write_sweep(tmp_path / "small")
    reported(folder)
    own = folder / "figures" / "learning_curves_by_hand.png"
    own.write_bytes(b"")
    shutil.rmtree(folder / "runs")
    shutil.rmtree(folder / "trials")
    shutil.rmtree(folder / "curves")
    write_sweep(folder, rows=TUNE)
    paths, text = reported(folder)
    assert sorted(path.name for path in (folder / "figures").iterdir()) == sorted(
        [own.name, *figure_files("error_against_lr")]
    )
    assert not list((folder / "tables").glob("gain_of_tuning.*"))
    assert all(path.is_file() for path in paths)
    for name in ("figures/learning_curves", "tables/gain_of_tuning"):
        line = f"- {name}.* were written by an earlier report and are removed"
        assert line in text
        assert line in (folder / "tables" / "report.md").read_text()
    assert "by an earlier report" not in reported(folder)[1]


@pytest.mark.parametrize("status", ["pruned", "failed"])
def test_a_sweep_without_any_score(tmp_path: Path, status: str) -> None:
    """No figure can be drawn, and the report gives the reason."""
    rows: list[Row] = [(*row[:4], status) for row in TUNE]
    paths, text = reported(write_sweep(tmp_path, rows=rows))
    assert not any(path.parent.name == "figures" for path in paths)
    assert "- error_against_lr leaves out 3 of sgd's settings: they have no" in text


@pytest.mark.usefixtures("_no_pictures")
def test_settings_without_a_score_are_told(tmp_path: Path) -> None:
    pruned = {("tune", "sgd", 2, 0), ("tune", "sgd", 2, 1)}
    rows: list[Row] = [(*row[:4], "pruned") if row[:4] in pruned else row for row in TUNE]
    paths, text = reported(write_sweep(tmp_path, rows=[*rows, *CONFIRM, *DEFAULT]))
    assert "- error_against_lr leaves out 1 of sgd's settings: they have no" in text
    assert [path.name for path in paths if path.parent.name == "figures"] == figure_files(
        "learning_curves", "error_against_lr", *OF_SEEDS
    )


def test_edges_are_told_in_the_points_of_both_figures(finished: Finished) -> None:
    for name in ("learning_curves", "error_against_lr"):
        points = pd.read_csv(finished.folder / "figures" / f"{name}.csv", keep_default_na=False)
        flagged = points[points["edges"] != ""]
        assert set(flagged["arm"]) == {"sgd"}
        assert set(flagged["edges"]) == {"optimizer.lr high"}


@pytest.mark.usefixtures("_no_pictures")
def test_a_sweep_that_tunes_no_learning_rate(tmp_path: Path) -> None:
    arms = make_definition()["arms"]
    arms["adam"]["space"] = arms["sgd"]["space"] = {}
    paths, text = reported(write_sweep(tmp_path, definition=make_definition(arms=arms)))
    assert text.count("its optimizer.lr was not tuned") == 2
    assert [path.name for path in paths if path.parent.name == "figures"] == figure_files(
        "learning_curves", *OF_SEEDS
    )


@pytest.mark.usefixtures("_no_pictures")
def test_a_sweep_of_independent_settings_has_budgets(tmp_path: Path) -> None:
    """The fifteen settings of an arm have learning rates near 0.03, the middle of the space."""
    arms = {
        name: Built(
            tuned=all_ended([0.1, 0.2]),
            scores=[0.1 + 0.01 * i for i in range(15)],
            settings=[{"optimizer.lr": 0.03 + 0.001 * i} for i in range(15)],
        )
        for name in ("sgd_lr", "adam_lr", "sgd_all", "adam_all")
    }
    sweep = make_arm_sweep(tmp_path / "random", arms)
    paths, text = reported(sweep.folder)
    names = [path.name for path in paths]
    for name in ("budgets", "ranks_in_smaller_spaces", "ranks_by_variant"):
        assert {f"{name}.csv", f"{name}.md", f"{name}.tex"} <= set(names)
    assert set(figure_files("budget_curves")) <= set(names)
    assert "no budget curves" not in text
    assert (
        "report.md also: spreads, progress, matched train loss, budgets, ranks in smaller spaces, "
        "ranks by variant" in text
    )
    for path in paths:
        if path.suffix == ".tex":
            check_latex(path.read_text())
    page = (sweep.folder / "tables" / "report.md").read_text()
    assert "## ranks by variant" in page
    assert page.count("best of 8, dev error (%)") == 1
    source = json.loads((sweep.folder / "figures" / "budget_curves.json").read_text())
    assert len(source["run_ids"]["sgd_lr"]) == 15


@pytest.mark.slow
@pytest.mark.usefixtures("_no_pictures")
def test_what_gain_and_dropout_do_is_shown_where_they_vary(tmp_path: Path) -> None:
    """SGD was tried at two gains and rates; Adam at one of each, which the report mentions."""
    keys = ("initializer.gain", "dropout.hidden")
    settings = [dict.fromkeys(keys, value) for value in (0.2, 0.5)]
    space = {key: {"kind": "choice", "values": [0.2, 0.5]} for key in keys}
    tuned = all_ended([0.1, 0.2])
    arms = {
        "sgd": Built(tuned=tuned, scores=[0.2, 0.1], settings=settings, space=space),
        "adam": Built(tuned=tuned, settings=settings[:1], space={}),
    }
    sweep = make_arm_sweep(tmp_path / "axes", arms)
    paths, text = reported(sweep.folder)
    names = ("error_against_dropout", "gain_by_optimizer")
    assert set(figure_files(*names)) <= {path.name for path in paths}
    for name, n_runs in zip(names, (4, 2), strict=True):  # with and without 2 fresh runs
        assert f"- adam is not in {name}: it was tried at one value alone" in text
        source = json.loads((sweep.folder / "figures" / f"{name}.json").read_text())
        assert {arm: len(ids) for arm, ids in source["run_ids"].items()} == {"sgd": n_runs}


def test_a_sweep_of_other_settings_says_why_it_has_none(finished: Finished) -> None:
    assert "- there are no budget curves: the settings of small are not drawn" in finished.text


def test_a_single_run_that_failed(tmp_path: Path) -> None:
    folder = tmp_path / "run-0"
    RecordWriter(folder).write([make_result(make_config("sgd", 0, 0), "failed")])
    _, text = reported(folder)
    assert "- run-0: 1 run failed (MemoryError: no room for 64 nets)" in text


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
