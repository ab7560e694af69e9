"""The base class of the errors that a user can correct."""


class UserError(Exception):
    """An error that a user can correct: it says what was expected, what came and what to do."""
