"""The name of a sweep, and the command that starts the sweep again."""

import shlex

from ffnn_lab.config import digest
from ffnn_lab.config.run import LOCATED, UNCOUNTED_GROUPS, UNCOUNTED_LEAVES
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
"""Prefixes of overrides that apply to a single call of the command."""
UNSAID = (
    *UNCOUNTED_GROUPS,
    *(f"{key}=" for key in sorted(UNCOUNTED_LEAVES - LOCATED)),
    *("tracking=", "sources."),
)
"""Prefixes of overrides that change no run, so a sweep's name and an arm's command leave them out.
``task.path`` and ``model.folder`` are not among these prefixes: a checksum identifies a file, but
does not locate it."""


def name_of(request: Request, definition: Definition) -> str:
    """Return the name of a sweep, which is also the name of its folder.

    The name is the one that the user or the YAML sets, followed by a hash of the overrides that
    change results, if any; an ad hoc sweep is named by a hash of its definition.

    Raises:
        ConfigError: If the name is not safe as the name of a folder.
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
    """Return an override in the form that earlier versions hashed, so that names stay the same."""
    key, _, value = text.partition("=")
    is_plain = "." in key and "${" not in value and not parse(text).is_sweep_override()
    return f"{key}=choice({value})" if is_plain else text


def command_of(request: Request) -> str:
    """Return the command line that starts a sweep again, quoted for a shell.

    Overrides that concern a single call, such as ``hydra.sweeper.dry_run=true``, are left out,
    and so is the password in the URL of a storage.
    """
    lasting = (text for text in request.hydra_arguments if not text.lstrip("+").startswith(_ONCE))
    words = [*request.arguments, *(as_stored(text) for text in lasting)]
    return " ".join(("python -m ffnn_lab.run -m", *(shlex.quote(word) for word in words)))
