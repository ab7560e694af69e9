"""Parts that commands share: argument parser, common options, error messages, JSON output."""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ffnn_lab.config import UserError, home
from ffnn_lab.terminal import accept_any_text

EXIT_SLIP = 2
EXIT_INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """An argument parser that reports a usage error in one line and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the message of a usage error in one line, and end the process."""
        self.exit(EXIT_SLIP, f"error: {message}; {self.prog} --help shows the options\n")

    def add_outputs(self) -> None:
        """Add ``--outputs``, the folder of all sweeps."""
        self.add_argument(
            "--outputs",
            type=home,
            default=os.environ.get("FFNN_LAB_OUTPUTS", "outputs"),
            help="folder of all sweeps (default: FFNN_LAB_OUTPUTS, or else outputs)",
        )

    def add_to(self) -> None:
        """Add ``--to``, a folder for tables and figures in place of the sweep's own folder."""
        self.add_argument(
            "--to",
            metavar="FOLDER",
            type=home,
            help="write tables and figures in this folder, for records that you may only read",
        )

    def add_json(self, keys: str) -> None:
        """Add ``--json``.

        Args:
            keys: Text for ``--help`` that lists the keys of the printed JSON.
        """
        self.add_argument(
            "--json", action="store_true", help=f"print JSON, for programs; its keys: {keys}"
        )


def exit_code_of(command: Callable[[], int | None], *, interrupted: str = "interrupted\n") -> int:
    """Run a command, and print an error that the user can correct as one message.

    Args:
        command: The function that runs the command and returns its exit code, or None for 0.
        interrupted: The text that is printed after Ctrl-C.

    Returns:
        The exit code: that of the command, 2 after an error that the user can correct, or 130
        after Ctrl-C.
    """
    accept_any_text()
    try:
        return command() or 0
    except (UserError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_SLIP
    except KeyboardInterrupt:
        sys.stderr.write(interrupted)
        return EXIT_INTERRUPTED


def print_json(value: Any) -> None:  # noqa: ANN401 - anything of the kinds that `plain` takes
    """Print a value as JSON on standard output."""
    sys.stdout.write(json.dumps(plain(value), indent=2, allow_nan=False) + "\n")


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    """Convert a value to types that JSON has; missing numbers and those not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | bool) else None
