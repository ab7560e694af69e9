"""What every room raises for a slip of the user."""


class UserError(Exception):
    """What a user can mend: the message says what was expected, what came and what to do."""
