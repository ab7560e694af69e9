"""The command line ``python -m analysis``, which makes reports from records, without training.

Its first argument is the name or folder of a sweep or a run, of which it makes tables and figures,
or the name of a command: ``claims`` judges the claims of papers by the records of all sweeps, or
of the sweeps that are named; ``summary`` makes one table of the results of all sweeps, or of the
sweeps that are named; ``coverage`` simulates how often confidence intervals cover the true value.
"""

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ffnn_lab.commands import Parser, exit_code_of, print_json
from ffnn_lab.records import find_folder
from ffnn_lab.report.reports.preflight import import_matplotlib

ANALYSIS = "python -m analysis"
EPILOG = (
    "python -m analysis claims --help, summary --help and coverage --help describe the other "
    "commands; a sweep with the name of a command is given by its path."
)
KIND = "neither a folder nor a sweep"
"""Description of a name that is not found, in the error message."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line ``python -m analysis``.

    Args:
        arguments: Arguments after the program's name; those of the process if None.

    Returns:
        The exit code: 0, or 2 if there is nothing to report, with the reason on standard error.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in WORDS:
        return run(words[0], words[1:], prog=f"{ANALYSIS} {words[0]}")
    return run("report", words, prog=ANALYSIS)


def run(name: str, words: Sequence[str], *, prog: str) -> int:
    """Run one of the `COMMANDS`.

    Args:
        name: Name of the command.
        words: The arguments of the command.
        prog: The program's name, for ``--help``.

    Returns:
        The exit code: 0, 2 after an error that the user can correct, or 130 after Ctrl-C.
    """
    return exit_code_of(functools.partial(COMMANDS[name], words, prog))


def _report(words: Sequence[str], prog: str) -> None:
    parser = Parser(
        prog=prog,
        description="Print the tables of a sweep or a run, and write its tables and figures.",
        epilog=EPILOG if prog == ANALYSIS else None,
    )
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    parser.add_outputs()
    parser.add_to()
    parser.add_json("name, tables (to each table's name its rows), remarks, commands and files")
    asked = parser.parse_args(words)
    folder = find_folder(asked.sweep, outputs=asked.outputs, kind=KIND)
    import_matplotlib()
    from ffnn_lab.report.reports import report  # noqa: PLC0415 - matplotlib, when it is needed

    if not asked.json:
        report.report(folder, to=asked.to)
        return
    content = report.prepare(folder, asked.to or folder)
    files = report.write(content, asked.to or folder)
    print_json(
        {
            "name": content.records.name,
            "tables": {
                each.name: each.numbers.to_dict("records")
                for each in content.sheets
                if each.numbers is not None
            },
            "remarks": content.remarks,
            "commands": content.commands,
            "files": files,
        }
    )


def _claims(words: Sequence[str], prog: str) -> None:
    parser = Parser(
        prog=prog,
        description="Judge the claims of papers by the sweeps that were made for them, and write "
        "the verdicts under OUTPUTS/claims.",
    )
    parser.add_argument(
        "sweeps",
        metavar="SWEEP",
        nargs="*",
        help="judge every claim by this sweep (a name under the outputs, or a folder), and by no "
        "other",
    )
    parser.add_outputs()
    parser.add_to()
    parser.add_json("verdicts, a list, with the columns of claims.csv; remarks and files")
    asked = parser.parse_args(words)
    import_matplotlib()
    from ffnn_lab.report.reports.verdict_report import report_claims  # noqa: PLC0415 - as above

    are_named, folders = bool(asked.sweeps), _folders(asked)
    report_claims(
        folders, outputs=asked.outputs, to=asked.to, are_named=are_named, as_json=asked.json
    )


def _summary(words: Sequence[str], prog: str) -> None:
    parser = Parser(
        prog=prog,
        description="Print one table of all sweeps, with a row for each optimizer and a column "
        "for each sweep, and write it under OUTPUTS/summary.",
    )
    parser.add_argument(
        "sweeps",
        metavar="SWEEP",
        nargs="*",
        help="a name under the outputs, or a folder; without any, all sweeps under the outputs",
    )
    parser.add_outputs()
    parser.add_to()
    asked = parser.parse_args(words)
    import_matplotlib()
    from ffnn_lab.report.reports.summary import report_summary  # noqa: PLC0415 - as above

    are_named = bool(asked.sweeps)
    report_summary(_folders(asked), outputs=asked.outputs, to=asked.to, are_named=are_named)


def _folders(asked: argparse.Namespace) -> list[Path]:
    """Return the folders of the sweeps that the command line names; of all if it names none."""
    named = [find_folder(each, outputs=asked.outputs, kind=KIND) for each in asked.sweeps]
    return named or sorted(path.parent for path in asked.outputs.glob("*/definition.json"))


def _coverage(words: Sequence[str], prog: str) -> None:
    from ffnn_lab.report.reports.coverage import N_SIMULATIONS, report_coverage  # noqa: PLC0415 - as above

    parser = Parser(
        prog=prog,
        description="Simulate how often each interval covers the true value, and how often each "
        "test is wrong.",
    )
    parser.add_argument(
        "--simulations",
        type=int,
        default=N_SIMULATIONS,
        help="number of simulations for each row (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the simulations (default: 0)")
    asked = parser.parse_args(words)
    report_coverage(n_simulations=asked.simulations, seed=asked.seed)


COMMANDS: dict[str, Callable[[Sequence[str], str], None]] = {
    "report": _report,
    "claims": _claims,
    "coverage": _coverage,
    "summary": _summary,
}
WORDS = ("claims", "coverage", "summary")
"""Commands that are chosen by their name as the first argument, in place of a sweep's name."""
