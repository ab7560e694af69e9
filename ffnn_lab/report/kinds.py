"""The kinds of reports; the records in a folder decide which kind it gets."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of records that a report is about."""

    SWEEP = "sweep"
    """A sweep whose arms each have a best setting."""
    SEPARABLE = "separable"
    """A sweep whose replicates are draws of the separable problem of Wilson et al. (2017): no
    setting of an arm is best."""
    RUN = "run"
    """Single runs, which belong to no sweep."""
