"""The base class of the errors that a user can correct."""


class UserError(Exception):
    """Raised for a mistake that the user can correct.

    The message says what was expected, what came and what to do.
    """
