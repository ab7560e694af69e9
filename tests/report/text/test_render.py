"""Words must say what the numbers say, in every format, and survive being piped."""

import io
import math
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.report.data.sweep import Sweep, load
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.tables import arm_table, run_table
from ffnn_lab.report.text import render
from tests.support.report.builders import (
    TUNE,
    differences_of,
    load_sweep,
    make_definition,
    write_run,
    write_sweep,
)
from tests.support.report.latex import check_latex


@pytest.fixture
def table(small: Sweep) -> pd.DataFrame:
    return arm_table(small, find_winners(small))


def printed(frame: pd.DataFrame, *, is_terminal: bool, width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=width)
    render.show(frame, title="a title", console=console)
    return file.getvalue()


def test_errors_are_worded_in_percent(table: pd.DataFrame) -> None:
    row = render.readable_arms(table).iloc[0].to_dict()
    assert row == {
        "arm": "sgd",
        "tune dev error (%)": "11.00",
        "confirm dev error (%)": "11.00",
        "test error (%) [95% interval]": "12.00 [7.03, 16.97]",  # 4.3027 * 2 / sqrt(3) = 4.97
        "default test error (%)": "23.00",
        "test - train (%)": "10.00",
        "seeds": "3",
        "diverged": "0",
        "edge": "lr high",
    }


def test_settings_are_worded_by_axis(table: pd.DataFrame) -> None:
    rows = render.readable_settings(table)
    assert rows["optimizer.lr"].tolist() == ["1", "0.01"]
    assert rows["dropout.hidden"].tolist() == ["0", "-"]  # adam has no such axis
    assert rows["runs"].tolist() == ["11 completed, 1 diverged"] * 2


def test_gains_are_worded_in_percentage_points(table: pd.DataFrame) -> None:
    row = render.readable_gains(table).iloc[0].to_dict()
    assert row == {
        "arm": "sgd",
        "default test error (%) [95% interval]": "23.00 [14.04, 31.96]",  # 4.3027 * 3.606 / 1.732
        "tuned test error (%) [95% interval]": "12.00 [7.03, 16.97]",
        "gain of tuning (percentage points) [95% interval]": "11.00 [6.70, 15.30]",
        "pairs": "3",
    }


def test_an_arm_without_a_default_has_a_dash(table: pd.DataFrame) -> None:
    names = [str(column) for column in table]
    absent = [name for name in names if name.startswith(("default.test", "gain_of_tuning"))]
    without = table.assign(**{name: [math.nan, 0.5] for name in absent})
    assert render.readable_arms(without)["default test error (%)"].tolist() == ["-", "50.00"]
    gains = render.readable_gains(without.assign(**{"gain_of_tuning.n_pairs": [0, 3]}))
    assert gains.iloc[0, 1:].tolist() == ["-", "12.00 [7.03, 16.97]", "-", "0"]


def test_without_any_default_there_is_no_column_of_it(tmp_path: Path) -> None:
    definition = make_definition(confirm={"seeds": []})
    sweep = load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition))
    words = render.readable_arms(arm_table(sweep, find_winners(sweep)))
    assert not any("default" in str(column) for column in words)


def test_differences_are_worded_in_percentage_points(small: Sweep) -> None:
    differences = differences_of(small)
    row = render.readable_differences(differences).iloc[0]
    assert row["arm"] == "adam - sgd"
    assert row.iloc[1].startswith("25.67 [")
    assert "percentage points" in str(row.index[1])


def test_a_single_seed_has_no_interval(tmp_path: Path) -> None:
    rows = [("tune", "sgd", 0, 0, (0.1, 0.2, 0.3))]
    definition = make_definition(confirm={"seeds": []}, tune={"seeds": [0]})
    sweep = load_sweep(write_sweep(tmp_path, rows=rows, definition=definition))
    words = render.readable_arms(arm_table(sweep, find_winners(sweep)))
    assert words["test error (%) [95% interval]"].tolist() == ["30.00", "-"]


def test_a_tuning_loss_is_in_nats(tmp_path: Path) -> None:
    definition = make_definition(
        objective={"split": "dev", "metric": "loss", "moment": "last", "aggregate": "mean"}
    )
    sweep = load_sweep(write_sweep(tmp_path, rows=TUNE, definition=definition))
    words = render.readable_arms(arm_table(sweep, find_winners(sweep)))
    assert words["tune dev loss (nats)"].tolist() == ["0.22", "0.1"]


def test_a_single_runs_words(tmp_path: Path) -> None:
    words = render.readable_runs(run_table(load(write_run(tmp_path))))
    assert words["error (%)"].tolist()[:3] == ["1.00", "2.00", "3.00"]
    assert words["loss (nats)"].tolist()[:3] == ["0.02", "0.04", "0.06"]


def test_names_stay_whole_where_their_last_part_is_ambiguous(table: pd.DataFrame) -> None:
    both = table.rename(columns={"dropout.hidden": "schedule.lr"})
    assert render.readable_arms(both)["edge"].tolist() == ["optimizer.lr high", "-"]


def test_a_pipe_gets_plain_text(table: pd.DataFrame) -> None:
    text = printed(render.readable_arms(table), is_terminal=False, width=20)
    assert text.isascii()
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[0] == "a title"
    assert lines[1].startswith("arm   tune dev error (%)")  # not wrapped, narrow as it is
    assert lines[2].split()[:4] == ["sgd", "11.00", "11.00", "12.00"]
    assert lines[2].endswith("lr high")


def test_a_terminal_gets_rules(table: pd.DataFrame) -> None:
    text = printed(render.readable_arms(table), is_terminal=True, width=100)
    assert "\u2500" in text
    assert max(len(line) for line in text.splitlines() if "\x1b" not in line) <= 100


@pytest.mark.parametrize("width", [30, 60, 80, 100])
def test_no_terminal_is_too_narrow_for_a_number(table: pd.DataFrame, width: int) -> None:
    words = render.readable_arms(table)
    text = printed(words, is_terminal=True, width=width)
    for cell in ("12.00 [7.03, 16.97]", "11.00", "10.00"):
        assert cell in text


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([1, 1], "1 seed"), ([10], "10 seeds"), ([10, 9, 10], "9 to 10 seeds"), ([], "0 seeds")],
)
def test_counts_are_worded(numbers: list[int], words: str) -> None:
    assert render.counts(numbers, "seed") == words


def test_markdown() -> None:
    frame = pd.DataFrame({"arm": ["a|b", "c"], "error (%)": ["1.25", "10.00"]})
    assert render.to_markdown(frame).splitlines() == [
        "| arm  | error (%) |",
        "| ---- | --------: |",
        r"| a\|b |      1.25 |",
        "| c    |     10.00 |",
    ]


def test_latex_escapes_what_latex_reads() -> None:
    frame = pd.DataFrame({"arm": ["heavy_ball"], "error (%)": ["1 & 2"]})
    text = render.to_latex(frame, caption="n = 3, 95% t interval", label="tab:a_b:c")
    assert text.splitlines() == [
        r"\begin{table}",
        r"\centering",
        r"\caption{n = 3, 95\% t interval}",
        r"\label{tab:a-b:c}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"arm & error (\%) \\",
        r"\midrule",
        r"heavy\_ball & 1 \& 2 \\",
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    check_latex(text)


@pytest.mark.parametrize(
    ("cell", "latex"),
    [
        ("-0.50 [-0.86, -0.14]", "$-$0.50 [$-$0.86, $-$0.14]"),
        ("adam - sgd", "adam - sgd"),
        ("1e-05", "1e-05"),
        ("<0.001", r"\textless{}0.001"),
        ("[64]", "{}[64]"),
        ("2.00 +- 0.10", r"2.00 $\pm$ 0.10"),
        (f"{render.bold('2.00 +- 0.10')} (5)", r"\textbf{2.00 $\pm$ 0.10} (5)"),
        (r"a\b~c^d#e$f{g}|h", None),
    ],
)
def test_cells_in_latex(cell: str, latex: str | None) -> None:
    frame = pd.DataFrame({"first": [cell], "second": [cell]})
    text = render.to_latex(frame, caption=cell, label=cell)
    check_latex(text)
    if latex is not None:
        assert text.splitlines()[9] == f"{latex} & {latex} \\\\"


def test_text_with_brackets_is_no_markup() -> None:
    file = io.StringIO()
    command = "python -m ffnn_lab.run 'model.widths=[64]' " + 20 * "optimizer.lr=0.001 "
    render.say(command, console=Console(file=file, force_terminal=True, width=40))
    assert file.getvalue() == f"{command}\n"
