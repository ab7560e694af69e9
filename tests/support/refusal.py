"""The message with which something is refused, so that a test can assert that there is none."""

from collections.abc import Callable
from typing import Any

from ffnn_lab.config import ConfigError


def refusal(check: Callable[..., object], *arguments: Any, **named: Any) -> str | None:  # noqa: ANN401 - what the check takes
    """Return the message with which a check refuses its arguments, None if it accepts them."""
    try:
        check(*arguments, **named)
    except ConfigError as error:
        return str(error)
    return None
