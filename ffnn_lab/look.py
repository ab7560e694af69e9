"""The look of an option in every figure."""

from dataclasses import dataclass

Line = str | tuple[int, tuple[float, ...]]
"""A line style of matplotlib: ``-``, ``--``, or an offset and the lengths of dashes and gaps."""


@dataclass(frozen=True)
class Look:
    """A color, a line style and a marker. All three differ between options, for print in gray."""

    color: str
    """In hexadecimal digits, such as ``#0072B2``."""
    line: Line
    marker: str
    """One of matplotlib's markers, such as ``o``."""
