"""What every entry does with standard output before it prints."""

import io
import sys


def accept_any_text() -> None:
    """Let the standard streams write a character that their encoding lacks as Python writes it.

    A name of an arm may have any characters, and a terminal or a log may be plain ASCII.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
