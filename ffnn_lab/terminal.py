"""Preparation of standard output, and small functions on text that commands share."""

import io
import sys


def accept_any_text() -> None:
    """Make the standard streams escape characters that their encoding lacks, as Python does.

    A name of an arm may have any characters, and a terminal or a log may be plain ASCII.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    r"""Return a text as one line of characters that print.

    A line break, or a character that turns the direction of writing, is escaped as in Python
    (``\n``, ``\u202e``). Characters that only join others, as in Persian words and in emoji, are
    kept.
    """
    joiners = ("\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}")
    return "".join(
        each
        if each.isprintable() or each in joiners
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def several(n: int, what: str) -> str:
    """Return a number of things as text: ``1 seed``, ``2 seeds``."""
    return f"{n} {what}{'' if n == 1 else 's'}"
