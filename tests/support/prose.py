"""Refuses docstrings that a newcomer must decode; ``make lint`` runs this module.

The first line of a docstring names its object or begins with what a function does: Return, Draw,
Write. It does not begin with one of `REFUSED`, after which a reader has to guess the object.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("ffnn_lab", "analysis", "benchmarks", "hydra_plugins", "tests")
REFUSED = (
    *("Give", "Gives", "Say", "Says", "Word", "Words", "Tell", "Hold"),
    *("What", "How", "Whether"),
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def refused_in(text: str) -> Iterator[tuple[int, str]]:
    """Walk the docstrings that begin with a refused word: line number and first line of each."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, DOCUMENTED):
            continue
        told = ast.get_docstring(node)
        if told and told.split()[0].rstrip(",.:;") in REFUSED:
            yield node.body[0].lineno, told.splitlines()[0]


def main() -> int:
    """Print every refused docstring of the project, and return 1 if there is any."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {first}\n"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, first in refused_in(path.read_text())
    ]
    if found:
        sys.stderr.write(
            "these docstrings must name their object first, or what the function does:\n"
        )
        sys.stderr.writelines(found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
