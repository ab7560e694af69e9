"""The name of a sweep, and the command that starts it again."""

import shlex

from ffnn_lab.config import digest
from ffnn_lab.config.run import MOVES_NO_NUMBER
from ffnn_lab.definition import Definition, short_hash
from ffnn_lab.sweeper.checks import check_name
from ffnn_lab.sweeper.grammar import parse
from ffnn_lab.sweeper.request import Request
from ffnn_lab.sweeper.studies.urls import as_stored

_ONCE = (
    "hydra.sweeper.dry_run",
    "hydra.sweeper.if_changed",
    "hydra.sweeper.retry_failed",
    "hydra.mode",
)
"""Beginnings of overrides that hold for one call of the command alone."""
UNSAID = (
    *(key for key in MOVES_NO_NUMBER if key not in ("task.path", "model.folder")),
    *("tracking=", "sources."),
)
"""Beginnings of overrides that change no run: neither a name nor an arm's command has them. The
place of a table is not among these: its checksum identifies a table, but does not find it."""


def name_of(request: Request, definition: Definition) -> str:
    """Return the name of a sweep, which names its folder.

    It is the name of the user or of the YAML, followed by a hash of the overrides that move
    results; an ad hoc sweep is named by a hash of its definition.

    Raises:
        ConfigError: If the name is no safe name of a folder.
    """
    name = request.options.name
    if name is not None:
        check_name(name, "hydra.sweeper.name")
    if request.sweep is not None:
        check_name(request.sweep, "sweeps")
    if name is not None and not request.arguments:
        return name
    moving = sorted(
        _as_hashed(text) for text in request.arguments if not text.startswith(("sweeps=", *UNSAID))
    )
    if request.sweep is None:
        return name or f"adhoc-{short_hash(definition)}"
    name = name or request.sweep
    return f"{name}-{digest(moving)[:6]}" if moving else name


def _as_hashed(text: str) -> str:
    """Return an override in the form that names have always hashed, so that no name moves."""
    key, _, value = text.partition("=")
    is_plain = "." in key and "${" not in value and not parse(text).is_sweep_override()
    return f"{key}=choice({value})" if is_plain else text


def command_of(request: Request) -> str:
    """Return the command that starts a sweep again, without what holds for one call alone."""
    lasting = (text for text in request.hydra_arguments if not text.lstrip("+").startswith(_ONCE))
    words = [*request.arguments, *(as_stored(text) for text in lasting)]
    return " ".join(("python -m ffnn_lab.run -m", *(shlex.quote(word) for word in words)))
