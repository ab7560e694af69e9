"""A check of LaTeX tables that needs no TeX installation."""

import re

SPECIAL = re.compile(r"(?<!\\)[#_^~]|(?<!\\)%(?!\n)")
COMMANDS = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
KNOWN = {
    *("begin", "end", "centering", "caption", "label", "resizebox", "ifdim", "width", "linewidth"),
    *("else", "fi", "toprule", "midrule", "bottomrule", "textbf", "pm", "textbackslash"),
    *("textasciitilde", "textasciicircum", "textless", "textgreater", "textbar"),
    *"&%$#_{}\\",
}


def check_latex(text: str) -> None:
    """Assert that a table is well-formed: known commands, braces, environments, cells per row."""
    assert set(COMMANDS.findall(text)) <= KNOWN
    plain = text.replace("\\\\", "")
    assert not SPECIAL.findall(re.sub(r"\\label\{[^}]*\}", "", plain))
    assert "<" not in plain
    assert plain.count(">") == 1  # in the comparison of widths
    bare = re.sub(r"\\.", "", plain)
    assert bare.count("$") % 2 == 0
    depth = 0
    for brace in re.findall(r"[{}]", bare):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert re.findall(r"\\(begin|end)\{(\w+)\}", text) == [
        *[("begin", "table"), ("begin", "tabular")],
        *[("end", "tabular"), ("end", "table")],
    ]
    columns = re.findall(r"\\begin\{tabular\}\{(l?r*)\}", text)[0]
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(columns) - 1}
    assert not any(row.startswith("[") for row in rows)
