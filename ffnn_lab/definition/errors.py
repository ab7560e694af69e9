"""The error that all reading and writing of records raises."""

from ffnn_lab.config import UserError


class RecordError(UserError):
    """Records that are missing, damaged or of another definition; the message says which."""
