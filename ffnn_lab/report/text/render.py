"""Tables as people read them: numbers to words, words to Markdown, LaTeX and the terminal."""

import json
import math
import re
import textwrap
from collections.abc import Iterable, Sequence

import pandas as pd
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from ffnn_lab.records import STATUSES
from ffnn_lab.report.statistics.significance import MOST_SEEDS

ABSENT = "-"
INTERVAL = "[95% interval]"
PLUS_MINUS = "+-"
_MINUS = re.compile(r"(?<![\w.}])-(?=\d)")
"""Before a number; elsewhere it is a hyphen."""
_BOLD = "\N{START OF TEXT}", "\N{END OF TEXT}"
"""Around what is to be looked at in a cell; no name has them, see `ffnn_lab.terminal.one_line`."""
_MARKDOWN = re.compile(
    r"[\\`|]|~~|\*(?=\S)|(?<![^\W_])_(?=\S)|<(?=[A-Za-z/!?])|\](?=\()|^#(?=#* )|^[+-](?= )"
)
"""What Markdown would read as something else; a star or underscore that opens nothing it keeps."""
_LABEL = re.compile(r"[^A-Za-z0-9:.-]")
_LATEX = {each: f"\\{each}" for each in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # Other signs in LaTeX's own encoding of fonts.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def readable_arms(table: pd.DataFrame) -> pd.DataFrame:
    """Word the results of the arm table: errors in percent, intervals in brackets."""
    score = _score_column(table)
    _, split, metric = score.split(".")
    is_error = metric == "error"
    default = [percent(value) for value in table["default.test.error"]]
    return pd.DataFrame(
        {
            "arm": table["arm"],
            f"tune {split} {metric} {'(%)' if is_error else '(nats)'}": [
                percent(value) if is_error else _value(value) for value in table[score]
            ],
            "confirm dev error (%)": [percent(value) for value in table["confirm.dev.error"]],
            f"test error (%) {INTERVAL}": interval_cells(table, "test.error"),
            **({"default test error (%)": default} if set(default) != {ABSENT} else {}),
            "test - train (%)": [percent(value) for value in table["gap"]],
            "seeds": [str(n) for n in table["n_seeds"]],
            "diverged": [str(n) for n in table["n_diverged"]],
            "edge": [_edge(edge, _axes(table)) for edge in table["edge"]],
        }
    )


def readable_settings(table: pd.DataFrame) -> pd.DataFrame:
    """Word the settings behind the arm table, and count all runs by status."""
    counts = [
        ", ".join(f"{row[f'runs.{s}']} {s}" for s in STATUSES if row[f"runs.{s}"]) or "none"
        for row in table.to_dict("records")
    ]
    return pd.DataFrame(
        {
            "arm": table["arm"],
            "best": [ABSENT if pd.isna(n) else str(n) for n in table["setting"]],
            **{axis: [_value(value) for value in table[axis]] for axis in _axes(table)},
            "settings": [str(n) for n in table["n_settings"]],
            "runs": counts,
        }
    )


def readable_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Word what tuning gained over each arm's untuned default, in percentage points."""
    return pd.DataFrame(
        {
            "arm": table["arm"],
            f"default test error (%) {INTERVAL}": interval_cells(table, "default.test.error"),
            f"tuned test error (%) {INTERVAL}": interval_cells(table, "test.error"),
            f"gain of tuning (percentage points) {INTERVAL}": interval_cells(
                table, "gain_of_tuning"
            ),
            "pairs": [str(n) for n in table["gain_of_tuning.n_pairs"]],
        }
    )


def readable_differences(table: pd.DataFrame) -> pd.DataFrame:
    """Word the paired differences, in percentage points, and what says how far to trust them."""
    return pd.DataFrame(
        {
            "arm": [f"{arm} - {base}" for arm, base in table[["arm", "baseline"]].to_numpy()],
            f"difference of test error (percentage points) {INTERVAL}": interval_cells(
                table, "difference"
            ),
            "p (Holm)": [p_value(p) for p in table["p.holm"]],
            f"improves at a seed (%) {INTERVAL}": interval_cells(table, "improvement"),
            "seeds to resolve": [
                f"over {MOST_SEEDS}"
                if pd.isna(n) and is_known
                else ABSENT
                if pd.isna(n)
                else str(n)
                for n, is_known in zip(
                    table["seeds_to_resolve"], table["n_pairs"] > 1, strict=True
                )
            ],
            "pairs": [str(n) for n in table["n_pairs"]],
        }
    )


def readable_runs(table: pd.DataFrame) -> pd.DataFrame:
    """Word the table of single runs."""
    return pd.DataFrame(
        {
            "run": table["run_id"],
            "status": table["status"],
            "epochs": [str(n) for n in table["n_epochs"]],
            "moment": table["moment"],
            "split": table["split"],
            "loss (nats)": [_value(loss) for loss in table["loss"]],
            "error (%)": [percent(error) for error in table["error"]],
        }
    )


def _axes(table: pd.DataFrame) -> list[str]:
    columns = [str(column) for column in table]
    return columns[columns.index("setting") + 1 : columns.index(_score_column(table))]


def _edge(edge: str, axes: Sequence[str]) -> str:
    """Shorten the names in an edge flag to their last part, where only one axis has it."""
    last = [axis.rpartition(".")[2] for axis in axes]
    for axis, short in zip(axes, last, strict=True):
        if last.count(short) == 1:
            edge = re.sub(rf"\b{re.escape(axis)} ", f"{short} ", edge)
    return edge or ABSENT


def _score_column(table: pd.DataFrame) -> str:
    return next(str(column) for column in table if str(column).startswith("tune."))


def interval_cells(table: pd.DataFrame, name: str) -> list[str]:
    """Word an estimate of each row with the ends of its interval, in percent."""
    ends = f"{name}.low", f"{name}.high"
    # A table about one estimate alone names the ends of its interval plainly.
    low, high = ends if ends[0] in table else ("low", "high")
    return [
        percent(mean) + ("" if math.isnan(start) else f" [{percent(start)}, {percent(end)}]")
        for mean, start, end in table[[name, low, high]].to_numpy()
    ]


def percent(rate: float) -> str:
    """Write a rate in percent, without the sign: that stands in the heading."""
    # Rounded first and 0 added, lest a rounding error is written as -0.00.
    return ABSENT if math.isnan(rate) else f"{round(100 * rate, 2) + 0.0:.2f}"


def p_value(p: float) -> str:
    """Write a p value to three places."""
    return ABSENT if math.isnan(p) else "<0.001" if p < 0.0005 else f"{p:.3f}"  # noqa: PLR2004


def counts(numbers: Iterable[int], what: str) -> str:
    """Word how many there are: ``1 seed``, ``10 seeds``, or ``9 to 10 seeds`` where it varies."""
    ends = sorted(set(numbers)) or [0]
    words = " to ".join(dict.fromkeys((str(ends[0]), str(ends[-1]))))
    return f"{words} {what}{'' if ends == [1] else 's'}"


def _value(value: object) -> str:
    if isinstance(value, float):
        return ABSENT if math.isnan(value) else f"{value:.3g}"
    if value is None or value is pd.NA:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, default=str)


def to_plain(frame: pd.DataFrame) -> str:
    """Align a table with spaces alone, for pipes and logs."""
    rows = [[str(column) for column in frame], *frame.to_numpy().tolist()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(_align(row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def to_markdown(frame: pd.DataFrame) -> str:
    """Write a table in Markdown, aligned in its source too."""
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
    """Escape a text for Markdown, which then shows it as it is."""
    return _MARKDOWN.sub(lambda found: f"\\{found[0]}", text)


def _align(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Pad the first cell on its right, numbers and the like on their left."""
    return [
        cell.rjust(width) if i else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def bold(text: str) -> str:
    """Mark what is to be looked at in a cell; each format then gets its own mark."""
    return f"{_BOLD[0]}{text}{_BOLD[1]}"


def _with_bold(cell: str, start: str, end: str) -> str:
    return cell.replace(_BOLD[0], start).replace(_BOLD[1], end)


def to_latex(frame: pd.DataFrame, *, caption: str, label: str) -> str:
    """Write a table as a float with the rules of booktabs, to be put in with input.

    A document needs the packages booktabs and graphicx: a table that is wider than its line is
    scaled down to it.

    Args:
        frame: Words.
        caption: What it shows, with the number of values and what the intervals are.
        label: For references; letters, digits, colons, hyphens.
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
    """Escape a cell; one that begins with a bracket would be read as an option of the line end."""
    text = _with_bold(_latex(cell), r"\textbf{", "}")
    return f"{{}}{text}" if text.startswith("[") else text


def _latex(text: str) -> str:
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return _MINUS.sub("$-$", escaped.replace(PLUS_MINUS, r"$\pm$"))


def show(frame: pd.DataFrame, *, title: str, console: Console) -> None:
    """Print a table: ruled where a terminal is wide enough, aligned by spaces alone elsewhere."""
    frame = frame.map(lambda cell: _with_bold(cell, "**", "**"))
    if console.is_terminal:
        table = _ruled(frame, title)
        # Too narrow, rich would cut digits off; a line that the terminal breaks loses nothing.
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
        # Of a string that is no Text, rich would read tags in brackets and emoji between colons.
        table.add_row(*map(Text, row))
    return table


def say(text: str, *, console: Console) -> None:
    """Print text as it is: neither wrapped nor read as markup, so that commands can be pasted."""
    console.print(Text(text), soft_wrap=True)
