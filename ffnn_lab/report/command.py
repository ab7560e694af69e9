"""The commands of a report: tables, figures and verdicts, from records alone.

``SWEEP`` reports a sweep or a run; ``claims`` judges the claims of papers by all sweeps, or by
those named; ``summary`` sets the results of all sweeps, or of those named, side by side;
``coverage`` simulates how often the intervals cover what they should.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ffnn_lab.config import UserError, home
from ffnn_lab.records import add_outputs, find_folder
from ffnn_lab.report.reports.preflight import import_matplotlib
from ffnn_lab.terminal import accept_any_text

KIND = "neither a folder nor a sweep"
"""Said of a name that is not found."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for.

    Args:
        arguments: Those after the program's name; the process's own if None.

    Returns:
        The exit code: 0, or 2 if there is nothing to report, and the reason on standard error.
    """
    accept_any_text()
    words = list(sys.argv[1:] if arguments is None else arguments)
    command = COMMANDS.get(words[0]) if words else None
    try:
        if command is not None:
            command(words[1:])
        else:
            _report(words)
    except (UserError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def _report(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Print the tables of a sweep or a run, and write its tables and figures.",
        epilog="python -m analysis claims --help, summary --help and coverage --help tell of the "
        "other commands; "
        "a sweep of such a name is given by its path.",
    )
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    add_outputs(parser)
    _add_to(parser)
    asked = parser.parse_args(words)
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind=KIND)
    import_matplotlib()
    from ffnn_lab.report.reports.report import report  # noqa: PLC0415 - matplotlib, when it is needed

    report(folder, to=asked.to)


def _claims(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m analysis claims",
        description="Judge the claims of papers by the sweeps that were made for them, and write "
        "the verdicts under OUTPUTS/claims.",
    )
    parser.add_argument(
        "sweeps",
        metavar="SWEEP",
        nargs="*",
        help="ask every claim of this sweep (a name under the outputs, or a folder), and of no "
        "other",
    )
    add_outputs(parser)
    _add_to(parser)
    asked = parser.parse_args(words)
    import_matplotlib()
    from ffnn_lab.report.reports.verdict_report import report_claims  # noqa: PLC0415 - as above

    are_named = bool(asked.sweeps)
    report_claims(_folders(asked), outputs=asked.outputs, to=asked.to, are_named=are_named)


def _summary(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m analysis summary",
        description="Print one table of all sweeps, optimizers below each other and sweeps side "
        "by side, and write it under OUTPUTS/summary.",
    )
    parser.add_argument(
        "sweeps",
        metavar="SWEEP",
        nargs="*",
        help="a name under the outputs, or a folder; without any, all sweeps under the outputs",
    )
    add_outputs(parser)
    _add_to(parser)
    asked = parser.parse_args(words)
    import_matplotlib()
    from ffnn_lab.report.reports.summary import report_summary  # noqa: PLC0415 - as above

    are_named = bool(asked.sweeps)
    report_summary(_folders(asked), outputs=asked.outputs, to=asked.to, are_named=are_named)


def _folders(asked: argparse.Namespace) -> list[Path]:
    """Find the sweeps that were named, or all there are."""
    named = [find_folder(each, outputs=asked.outputs, kind=KIND) for each in asked.sweeps]
    return named or sorted(path.parent for path in asked.outputs.glob("*/definition.json"))


def _coverage(words: Sequence[str]) -> None:
    from ffnn_lab.report.reports.coverage import N_SIMULATIONS, report_coverage  # noqa: PLC0415 - as above

    parser = argparse.ArgumentParser(
        prog="python -m analysis coverage",
        description="Simulate how often each interval covers what it should, and each test errs.",
    )
    parser.add_argument(
        "--simulations",
        type=int,
        default=N_SIMULATIONS,
        help="of each row (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")
    asked = parser.parse_args(words)
    report_coverage(n_simulations=asked.simulations, seed=asked.seed)


COMMANDS: dict[str, Callable[[Sequence[str]], None]] = {
    "claims": _claims,
    "coverage": _coverage,
    "summary": _summary,
}
"""Words in the place of a sweep's name."""


def _add_to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        metavar="FOLDER",
        type=home,
        help="write tables and figures in this folder, for records that you may only read",
    )
