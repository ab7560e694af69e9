"""Tables must show the same words in every format, and be plain text in a pipe."""

import io

import pandas as pd
import pytest
from rich.console import Console

from ffnn_lab.report.data.sweep import Sweep
from ffnn_lab.report.data.winners import find_winners
from ffnn_lab.report.measures.tables import arm_table
from ffnn_lab.report.text import render
from tests.support.report.latex import check_latex
from tests.support.report.words import worded


@pytest.fixture
def table(small: Sweep) -> pd.DataFrame:
    return arm_table(small, find_winners(small))


def printed(frame: pd.DataFrame, *, is_terminal: bool, width: int = 80) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=width)
    render.show(frame, title="a title", console=console)
    return file.getvalue()


def test_a_pipe_gets_plain_text(table: pd.DataFrame) -> None:
    text = printed(worded("arms", table), is_terminal=False, width=20)
    assert text.isascii()
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[0] == "a title"
    assert lines[1].startswith("arm   tune dev error (%)")  # not wrapped at 20 columns
    assert lines[2].split()[:4] == ["sgd", "11.00", "11.00", "12.00"]
    assert lines[2].endswith("lr high")


def test_a_terminal_gets_rules(table: pd.DataFrame) -> None:
    text = printed(worded("arms", table), is_terminal=True, width=100)
    assert "\u2500" in text
    assert max(len(line) for line in text.splitlines() if "\x1b" not in line) <= 100


@pytest.mark.parametrize("width", [30, 60, 80, 100])
def test_no_terminal_is_too_narrow_for_a_number(table: pd.DataFrame, width: int) -> None:
    words = worded("arms", table)
    text = printed(words, is_terminal=True, width=width)
    for cell in ("12.00 [7.03, 16.97]", "11.00", "10.00"):
        assert cell in text


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
