"""The kinds of reports, by what a folder holds."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of records that a report is about."""

    SWEEP = "sweep"
    """A sweep whose arms each have a best setting."""
    SEPARABLE = "separable"
    """A sweep whose settings are draws of the separable problem: none of them is best."""
    RUN = "run"
    """Single runs."""
