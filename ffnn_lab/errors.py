"""The base class of the errors that a user can mend."""


class UserError(Exception):
    """An error that a user can mend: it says what was expected, what came and what to do."""
