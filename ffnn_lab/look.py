"""The look of an option in every figure: color, line style and marker."""

from dataclasses import dataclass

Line = str | tuple[int, tuple[float, ...]]
"""A line style of matplotlib: ``-``, ``--``, or an offset and the lengths of dashes and gaps."""


@dataclass(frozen=True)
class Look:
    """A color, a line style and a marker; all three differ between options, for prints in gray."""

    color: str
    """The color of line and marker in hexadecimal digits, such as ``#0072B2``."""
    line: Line
    marker: str
    """One of matplotlib's markers, such as ``o``."""
