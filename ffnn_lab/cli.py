"""``ffnn-lab``: every command of the lab under one name.

``ffnn-lab COMMAND ...`` does the same as ``python -m MODULE ...`` with the module of the command.
Nothing heavy is imported before the command is known.
"""

from ffnn_lab.module_path import stand_back

if __name__ == "__main__":
    stand_back()

import difflib
import importlib
import runpy
import sys
from collections.abc import Sequence

EXIT_SLIP = 2
HELP = """\
ffnn-lab: how do initialization, optimizer and dropout change what a feed-forward net learns?

  ffnn-lab run [NAME=VALUE ...]          train one run; with --json, print its result as JSON
  ffnn-lab sweep [NAME] [NAME=VALUE ...] run a sweep of sweeps/, or continue it; without NAME: the
                                         default sweep, or your own if a field has several values
  ffnn-lab status [SWEEP]                show how far sweeps are, also while they run
  ffnn-lab report SWEEP                  print and write its tables and figures
  ffnn-lab claims [SWEEP ...]            judge the claims of papers by sweeps
  ffnn-lab summary [SWEEP ...]           set the results of sweeps side by side
  ffnn-lab replay RUN_ID                 train one recorded run again, and compare every number
  ffnn-lab track SWEEP                   make W&B runs from recorded runs
  ffnn-lab coverage                      simulate how often the intervals cover the true value

Each has --help. From Python: import ffnn_lab.
"""
_REPORTS = ("report", "claims", "summary", "coverage")
"""Commands of `ffnn_lab.report.command`; every other command has a module of the same name."""
COMMANDS = ("run", "sweep", "status", *_REPORTS, "replay", "track")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the first word names.

    Args:
        arguments: The words after the program's name; None for those of this process.

    Returns:
        The exit code of the command, or 2 if there is no such command.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    stand_back()  # in a console script, this is for the processes that it starts
    name, rest = (words[0], words[1:]) if words else ("--help", [])
    if name in ("--help", "-h", "help"):
        sys.stdout.write(HELP)
        return 0
    if name == "--version":
        version = importlib.import_module("ffnn_lab").__version__
        sys.stdout.write(f"ffnn-lab {version}\n")
        return 0
    if name not in COMMANDS:
        likely = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f" (did you mean {likely[0]}?)" if likely else ""
        known = ", ".join(COMMANDS)
        sys.stderr.write(f"error: {name} is not a command; the commands are {known}{hint}\n")
        return EXIT_SLIP
    if name in ("run", "sweep"):
        return _run(rest if name == "run" else words_of_sweep(rest))
    prog = f"ffnn-lab {name}"
    if name in _REPORTS:
        return int(importlib.import_module("ffnn_lab.report.command").run(name, rest, prog=prog))
    return int(importlib.import_module(f"ffnn_lab.{name}").main(rest, prog=prog))


def words_of_sweep(words: Sequence[str]) -> list[str]:
    """Convert the arguments of ``ffnn-lab sweep`` to those of ``python -m ffnn_lab.run``."""
    has_name = bool(words) and "=" not in words[0] and not words[0].startswith("-")
    return ["-m", f"sweeps={words[0]}", *words[1:]] if has_name else ["-m", *words]


def _run(words: Sequence[str]) -> int:
    """Run ``python -m ffnn_lab.run`` in this process, so that workers import it as main module."""
    sys.argv[1:] = words
    runpy.run_module("ffnn_lab.run", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
