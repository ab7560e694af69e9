"""The error that all reading and writing of records raises."""

from ffnn_lab.config import UserError


class RecordError(UserError):
    """Raised if a sweep's records cannot be read, written or continued; the message says why.

    For example, a file is missing or damaged, or the folder has the records of a sweep with
    another definition than the one that is asked for now.
    """
