"""Rendering of tables of strings in Markdown, in LaTeX and in the terminal."""

import re
import textwrap
from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ffnn_lab.report.text.cells import PLUS_MINUS

_MINUS = re.compile(r"(?<![\w.}])-(?=\d)")
"""A minus sign before a number; at any other place the character is a hyphen."""
_BOLD = "\N{START OF TEXT}", "\N{END OF TEXT}"
"""Characters before and after bold text in a cell; no name has them, see
`ffnn_lab.terminal.one_line`."""
_MARKDOWN = re.compile(
    r"[\\`|]|~~|\*(?=\S)|(?<![^\W_])_(?=\S)|<(?=[A-Za-z/!?])|\](?=\()|^#(?=#* )|^[+-](?= )"
)
"""Characters that Markdown would read as markup. A star or an underscore that opens no markup does
not match."""
_LABEL = re.compile(r"[^A-Za-z0-9:.-]")
_LATEX = {each: f"\\{each}" for each in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # LaTeX's default font encoding has other glyphs in their places.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def to_plain(frame: pd.DataFrame) -> str:
    """Return a table as text whose columns are aligned by spaces alone, for pipes and logs."""
    rows = [[str(column) for column in frame], *frame.to_numpy().tolist()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(_align(row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def to_markdown(frame: pd.DataFrame) -> str:
    """Return a table in Markdown, whose columns are aligned in the source, too."""
    rows = [[markdown(str(column)) for column in frame]]
    rows += [
        [_with_bold(markdown(cell), "**", "**") for cell in row]
        for row in frame.to_numpy().tolist()
    ]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(rows[0]))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_align(rows[0], widths), rule, *(_align(row, widths) for row in rows[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown(text: str) -> str:
    """Escape a text so that Markdown shows its characters unchanged."""
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}", text)


def _align(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Pad the cells of a row: the first cell on its right, all others on their left.

    Args:
        row: The cells.
        widths: Width of each column in letters.
    """
    return [
        cell.rjust(width) if i else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def bold(text: str) -> str:
    """Mark a text in a cell as bold; each output format replaces the marks by its own markup."""
    return f"{_BOLD[0]}{text}{_BOLD[1]}"


def _with_bold(cell: str, start: str, end: str) -> str:
    return cell.replace(_BOLD[0], start).replace(_BOLD[1], end)


def to_latex(frame: pd.DataFrame, *, caption: str, label: str) -> str:
    """Return a table as a LaTeX float with booktabs rules, for LaTeX's command input.

    A document needs the packages booktabs and graphicx: a table that is wider than the text is
    scaled down to the text's width.

    Args:
        frame: Table of strings.
        caption: Caption with the contents, the number of values and the kind of the intervals.
        label: Label for references; characters other than letters, digits, colons, dots and
            hyphens are replaced by hyphens.
    """
    header, *body = [[str(c) for c in frame], *frame.to_numpy().tolist()]
    lines = [" & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in (header, *body)]
    columns = "l" + "r" * (len(header) - 1)
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(caption)}}}",
            rf"\label{{{_LABEL.sub('-', label)}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
        ]
    )


def _latex_cell(cell: str) -> str:
    """Return a cell escaped for LaTeX.

    Braces are put before a leading bracket, which LaTeX would read as an option of the line break
    before it.
    """
    text = _with_bold(_latex(cell), r"\textbf{", "}")
    return f"{{}}{text}" if text.startswith("[") else text


def _latex(text: str) -> str:
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return _MINUS.sub("$-$", escaped.replace(PLUS_MINUS, r"$\pm$"))


def show(frame: pd.DataFrame, *, title: str, console: Console) -> None:
    """Print a table: with rules if the terminal is wide enough, otherwise aligned by spaces alone.

    Args:
        frame: Table of strings.
        title: Title above the table.
        console: Console to print on.
    """
    frame = frame.map(lambda cell: _with_bold(cell, "**", "**"))
    if console.is_terminal:
        table = _ruled(frame, title)
        # In a narrow terminal rich would cut digits off; plain lines that wrap lose nothing.
        unbounded = console.options.update(max_width=10_000)
        if Measurement.get(console, unbounded, table).minimum <= console.width:
            console.print(table)
            return
    say(f"{title}\n{to_plain(frame)}\n", console=console)


def _ruled(frame: pd.DataFrame, title: str) -> Table:
    table = Table(
        title=Text(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for i, column in enumerate(frame):
        heading = str(column).replace(".", ". ")
        longest = max(len(word) for word in heading.split())
        widest = max((len(cell) for cell in frame[column]), default=0)
        lines = textwrap.wrap(heading, max(6, longest, widest))
        # Numbers stay whole on a narrow terminal; words may be folded.
        is_words = column in ("edge", "runs", "remark")
        table.add_column(
            Text("\n".join(lines).replace(". ", ".")),
            justify="right" if i else "left",
            overflow="fold",
            no_wrap=not is_words,
        )
    for row in frame.to_numpy().tolist():
        # In a plain string rich would read tags in brackets and emoji between colons.
        table.add_row(*map(Text, row))
    return table


def say(text: str, *, console: Console) -> None:
    """Print a text unchanged: not wrapped, nor read as markup, so that commands can be pasted."""
    console.print(Text(text), soft_wrap=True)
