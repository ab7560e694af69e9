"""``python -m analysis SWEEP``: the tables and figures of a sweep, from its records alone."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ffnn_lab.records import RecordError


def main(arguments: Sequence[str] | None = None) -> int:
    """Report the folder that the command line names.

    Args:
        arguments: Those after the program's name; the process's own if None.

    Returns:
        The exit code: 0, or 2 if there is nothing to report, and the reason on standard error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Print the tables of a sweep or a run, and write its tables and figures.",
    )
    parser.add_argument("sweep", metavar="SWEEP", help="a name under the outputs, or a folder")
    parser.add_argument(
        "--outputs",
        type=Path,
        default=Path(os.environ.get("FFNN_LAB_OUTPUTS", "outputs")),
        help="folder of all sweeps (default: FFNN_LAB_OUTPUTS, or else outputs)",
    )
    asked = parser.parse_args(arguments)
    try:
        folder = find_folder(asked.sweep, outputs=asked.outputs)
        from analysis.report import report  # noqa: PLC0415 - matplotlib, when it is needed

        report(folder)
    except (RecordError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def find_folder(sweep: str, *, outputs: Path) -> Path:
    """Find the folder of a sweep, by its name or its path.

    Raises:
        RecordError: If there is none; the message lists the names that there are.
    """
    for folder in (outputs / sweep, Path(sweep)):
        if folder.is_dir():
            return folder
    names = sorted(each.parent.name for each in outputs.glob("*/runs") if each.is_dir())
    there = f"there are: {', '.join(names)}" if names else "no sweep has been run there"
    msg = f"{sweep} is neither a folder nor a sweep under {outputs}; {there}"
    raise RecordError(msg)


if __name__ == "__main__":
    sys.exit(main())
