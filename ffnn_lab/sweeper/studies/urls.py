"""URLs of a PostgreSQL server: checked, and written without their password. Imports no Optuna.

sqlalchemy is imported in functions: a sweep on a journal need not wait half a second for it.
"""

import importlib.util
import re
from urllib.parse import unquote

from ffnn_lab.config import ConfigError

URL_KEY = "hydra.sweeper.storage"
SCHEMES = ("postgresql", "postgresql+psycopg")


def check_url(url: str) -> None:
    """Check that a URL is one of PostgreSQL, and that the package that opens it is installed.

    Raises:
        ConfigError: If the URL is refused; the message says what was expected.
    """
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - see the top
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
        scheme, parameters = parsed.drivername, set(parsed.query)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        scheme, parameters = "", set()
    if scheme not in SCHEMES:
        msg = (
            "hydra.sweeper.storage must be null (a journal in the sweep's folder) or "
            f"postgresql://user:password@host:port/database, got {without_password(url)}"
        )
        raise ConfigError(msg)
    if "sslpassword" in parameters:
        msg = (
            "hydra.sweeper.storage: sslpassword would be given to the workers as readable text; "
            "put it into a connection service file, and name its service: "
            "postgresql://?service=NAME"
        )
        raise ConfigError(msg)
    if importlib.util.find_spec("psycopg") is None:
        msg = "hydra.sweeper.storage needs the package psycopg: pip install 'psycopg[binary]'"
        raise ConfigError(msg)


def without_password(url: str) -> str:
    """Return a URL with its password hidden, even if the URL is not well formed."""
    # The password goes from the user's colon to the last @, for it may contain one.
    hidden = re.sub(r"(^|/)([^:/@]*):(?!//).*@", r"\1\2:***@", url)
    return re.sub(r"([?&])([^=&]*)=([^&'\"]*)", _hidden_parameter, hidden)


def _hidden_parameter(found: re.Match[str]) -> str:
    """Return a parameter of a URL, its value hidden if the name contains ``password``.

    Args:
        found: A match of separator, name and value; the name may be percent-encoded.
    """
    is_secret = "password" in unquote(found[2]).lower()
    return f"{found[1]}{found[2]}=***" if is_secret else found[0]


def as_stored(override: str) -> str:
    """Return an override as it may be stored: the URL of a storage without its password.

    The stored override can be used again if PostgreSQL's client finds the password by itself, in
    ``PGPASSWORD`` or ``PGPASSFILE``.
    """
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - see the top

    key, _, value = override.partition("=")
    if key.lstrip("+") == URL_KEY:
        quote = value[:1] if value[:1] in ("'", '"') else ""
        try:
            bare, _ = split_password(value.strip(quote) if quote else value)
        except (ArgumentError, ValueError):  # An interpolation, or not well formed.
            return f"{key}={without_password(value)}"
        return f"{key}={quote}{bare}{quote}"
    return without_password(override) if "postgres" in override.lower() else override


def split_password(url: str) -> tuple[str, str | None]:
    """Return a URL without its password, and the password."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - see the top

    parsed = make_url(url)
    asked = parsed.query.get("password")
    password = parsed.password or (asked if isinstance(asked, str) else None)
    bare = parsed._replace(password=None).difference_update_query(["password"])
    return bare.render_as_string(hide_password=False), password
