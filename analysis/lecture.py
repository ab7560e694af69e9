"""``python -m analysis.lecture`` (`make lecture`): run the commands of docs/lecture.md, small.

Each sweep is run in its smallest size, ``NAME_smoke``, and everything is written into
``outputs/lecture``. The page's own commands, which take minutes each, are those that answer.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "lecture.md"
OUTPUTS = "outputs/lecture"
PARTS = re.compile(r"^## ([^\n]+)$|^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""Pattern of a heading of the page, or of a block of commands."""
N_SHOWN = 3
"""Number of lines at the end of a command's output that are printed."""
MOST_EPOCHS = 2
"""Number of epochs of the default sweep in its smallest size."""


@dataclass(frozen=True)
class Step:
    """A command of the page."""

    statement: str
    """The heading of the page's section."""
    words: tuple[str, ...]
    """The command, as a shell would split it, without ``python``."""


def steps(text: str) -> list[Step]:
    """Return the commands in the blocks of a page that are marked ``sh``, in their order.

    Args:
        text: The page, in Markdown.
    """
    found: list[Step] = []
    statement = ""
    for heading, block in PARTS.findall(text):
        statement = heading or statement
        found += [Step(statement, tuple(shlex.split(line)[1:])) for line in block.splitlines()]
    return found


def small(words: Sequence[str]) -> list[str]:
    """Return a command in its smallest size: a sweep as its ``_smoke``, the default sweep short.

    Args:
        words: The command, without ``python``.
    """
    if words[:2] == ("-m", "analysis.averages"):
        return [*words[:-1], f"{words[-1]}_smoke"]
    if words[:2] == ("-m", "analysis.nonconvexity"):
        return [*words, "nonconvexity_smoke"]
    made = [f"{word}_smoke" if word.startswith("sweeps=") else word for word in words]
    if "-m" in words[2:] and not any(
        word.startswith(("sweeps=", "initializer=")) for word in words
    ):
        made += [f"trainer.max_epochs={MOST_EPOCHS}", "hydra.sweeper.replicates=2"]
    return made


def main() -> int:
    """Run every command in its smallest size, and print how each ended.

    Returns:
        The exit code: 0, or that of the first command that failed.
    """
    environment = {**os.environ, "FFNN_LAB_OUTPUTS": OUTPUTS}
    statement, started = "", time.monotonic()
    for step in steps(PAGE.read_text(encoding="utf-8")):
        if step.statement != statement:
            statement = step.statement
            sys.stdout.write(f"\n{statement}\n")
        words = small(step.words)
        sys.stdout.write(f"  $ python {shlex.join(words)}\n")
        sys.stdout.flush()
        ended = subprocess.run(  # noqa: S603 - the commands are those of the page
            [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            sys.stderr.write(ended.stdout + ended.stderr)
            return ended.returncode
        shown = [line for line in ended.stdout.splitlines() if line.strip()][-N_SHOWN:]
        sys.stdout.write("".join(f"    {line}\n" for line in shown))
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"\n{seconds:.0f} s; tables and figures are in {OUTPUTS}/*/tables and figures\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
