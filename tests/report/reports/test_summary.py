"""The summary must have the numbers of all sweeps in one table, the best ones in bold."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.records import RecordError
from ffnn_lab.report.command import main
from ffnn_lab.report.reports.summary import readable_summary, report_summary, summary_table
from ffnn_lab.report.text.render import bold
from tests.support.report.arm_builders import Built, all_ended, make_arm_sweep
from tests.support.report.builders import TUNE, write_run, write_sweep
from tests.support.report.latex import check_latex


def reported(outputs: Path, *names: str, are_named: bool = False) -> tuple[list[Path], str]:
    file = io.StringIO()
    paths = report_summary(
        [outputs / name for name in names],
        outputs=outputs,
        are_named=are_named,
        console=Console(file=file, width=80),
    )
    return paths, file.getvalue()


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Write four sweeps, and return the folder that they are in.

    One is plain, one has variants, one is not confirmed, and the arm of one is not named after an
    optimizer.
    """
    plain = {
        "adam": Built(
            tuned=all_ended([0.05, 0.07]), default=[*all_ended([0.1]), "diverged"]
        ),  # chance is 0.9
        "sgd": Built(tuned=all_ended([0.03, 0.05])),
    }
    varied = {
        "sgd_wide": Built(tuned=all_ended([0.2])),
        "adam_wide": Built(tuned=all_ended([0.2])),
        "sgd_deep": Built(tuned=all_ended([0.4])),
    }
    make_arm_sweep(tmp_path / "plain", plain)
    make_arm_sweep(tmp_path / "varied", varied)
    make_arm_sweep(tmp_path / "other", {"mine": Built(tuned=all_ended([0.2]))})
    write_sweep(tmp_path / "unfinished", rows=TUNE)
    return tmp_path


def test_prints_and_writes_all_sweeps(outputs: Path) -> None:
    names = ("plain", "varied", "other", "unfinished", "absent")
    paths, text = reported(outputs, *names)
    assert text.isascii()
    assert [path.name for path in paths] == [
        f"summary.{suffix}" for suffix in ("csv", "md", "tex", "json")
    ]
    page = paths[1].read_text().splitlines()
    assert [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in (page[2], *page[4:7])
    ] == [
        ["test error (%)", "plain (digits)", "varied (digits): wide", "varied (digits): deep"],
        ["sgd", "4.00 +- 1.41 (2)", "20.00 (1)", "40.00 (1)"],
        ["adam", "6.00 +- 1.41 (2)", "20.00 (1)", "-"],
        # The mean and deviation of 0.1 and of chance, 0.9.
        ["adam (default)", "50.00 +- 56.57 (2, 1 diverged)", "-", "-"],
    ]
    for name in ("other", "unfinished"):
        assert f"- {name} has no column: no arm that is named after an optimizer" in text
    assert "absent has no records" in text
    assert "counts as chance" in text
    latex = paths[2].read_text()
    check_latex(latex)
    assert r"sgd & 4.00 $\pm$ 1.41 (2) & 20.00 (1)" in latex
    assert "so no mean is marked" in latex
    source = json.loads(paths[3].read_text())
    assert len(source["run_ids"]["plain/adam"]) == 4
    assert source["commands"][-1] == "python -m analysis summary"


def test_numbers_on_disk_are_those_of_the_table(outputs: Path) -> None:
    table = pd.read_csv(reported(outputs, "plain")[0][0])
    assert table["test.error"].tolist() == pytest.approx([0.04, 0.06, 0.5])
    assert table["arm"].tolist() == ["sgd", "adam", "adam"]
    assert table["is_tuned"].tolist() == [True, True, False]
    assert table["is_best"].tolist() == [True, False, False]


def test_over_replicates_means_and_deviations_are_of_the_replicates(tmp_path: Path) -> None:
    """Over two seeds each, SGD's replicates have means 0.04 and 0.08, Adam's 0.07 and 0.11."""
    arms = [
        {"sgd": Built(tuned=all_ended(sgd)), "adam": Built(tuned=all_ended(adam))}
        for sgd, adam in (([0.03, 0.05], [0.07, 0.07]), ([0.08, 0.08], [0.10, 0.12]))
    ]
    sweep = make_arm_sweep(tmp_path / "many", arms[0], others=arms[1:])
    table = summary_table([sweep])
    assert table["test.error"].tolist() == pytest.approx([0.06, 0.09])
    assert table["std"].tolist() == pytest.approx([0.04 / 2**0.5] * 2)
    assert table[["n_replicates", "n_seeds"]].to_numpy().tolist() == [[2, 4], [2, 4]]
    assert all(len(ids.split()) == 4 for ids in table["run_ids"])
    (best, other) = readable_summary(table).iloc[:, 1]
    assert best == f"{bold('6.00 +- 2.83')} (2 x 2)"
    assert other == "9.00 +- 2.83 (2 x 2)"
    assert "R replicates" in reported(tmp_path, "many")[1]


def test_an_arm_without_axes_is_its_default(tmp_path: Path) -> None:
    arms = {
        "sgd": Built(tuned=all_ended([0.1]), space={}),
        "adam": Built(tuned=all_ended([0.2]), space={}),
    }
    words = readable_summary(summary_table([make_arm_sweep(tmp_path / "fixed", arms)]))
    assert words["test error (%)"].tolist() == ["sgd (default)", "adam (default)"]


def test_named_sweeps_have_files_of_their_own(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summary", "varied", "plain", "--outputs", str(outputs)]) == 0
    printed = capsys.readouterr().out
    assert printed.index("varied (digits): wide") < printed.index("plain (digits)")
    assert (outputs / "summary" / "summary-varied-plain.tex").is_file()


def test_without_any_result_nothing_is_written(outputs: Path) -> None:
    paths, text = reported(outputs, "unfinished")
    assert paths == []
    assert "Written: 0 files" in text
    assert not (outputs / "summary").exists()


def test_a_named_run_is_no_sweep(tmp_path: Path) -> None:
    write_run(tmp_path / "run-0")
    with pytest.raises(RecordError, match="holds a single run; only sweeps are summarized"):
        reported(tmp_path, "run-0", are_named=True)
