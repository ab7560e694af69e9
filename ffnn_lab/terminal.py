"""Standard output: made ready before an entry prints, and the small texts that entries share."""

import io
import sys


def accept_any_text() -> None:
    """Let the standard streams write a character that their encoding lacks as Python writes it.

    A name of an arm may have any characters, and a terminal or a log may be plain ASCII.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def one_line(text: str) -> str:
    r"""Return a text as one line of characters that print.

    A line break, or what turns the direction of writing, is written as Python writes it (``\n``,
    ``\u202e``). What only joins characters, as in Persian words and in emoji, is kept.
    """
    joiners = ("\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}")
    return "".join(
        each
        if each.isprintable() or each in joiners
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def several(n: int, what: str) -> str:
    """Count things: ``1 seed``, ``2 seeds``."""
    return f"{n} {what}{'' if n == 1 else 's'}"
