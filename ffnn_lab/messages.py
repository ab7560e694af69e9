"""Messages about a user's mistake: the field as written, what was expected, what came."""

import difflib
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

from hydra.errors import HydraException, MissingConfigException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from ffnn_lab.config import KINDS, SweeperConfig
from ffnn_lab.config.fields import describe, type_hints
from ffnn_lab.outside import told

LAUNCHERS = ("joblib", "submitit_local", "submitit_slurm")
"""Hydra's launchers that the README shows; the package's extra `launchers` installs them."""


def explain(error: BaseException) -> str:
    """Return the message to the user about an error that the lab, Hydra or OmegaConf raised."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file is not None:
        group, _, choice = error.missing_cfg_file.rpartition("/")
        if not group:
            return (
                f"--config-name {choice}: there is no such config. The lab has a single config, "
                "which is used without that flag; a sweep of your own is a file in sweeps/, "
                "chosen by sweeps=NAME"
            )
        options = error.options or []
        said = f"{group}={choice}: there is no such choice"
        if options:
            said += f"; {group} has {_listed(choice, options)}"
        if group in KINDS and not difflib.get_close_matches(choice, options):
            said += f"; {told()}"
        if choice in LAUNCHERS and group == "hydra/launcher":
            how = "make install, or pip install 'ffnn_lab[launchers]'"
            said += f"; {choice} is part of the extra launchers, which is installed by {how}"
        return said
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    context = error.__context__
    is_hydras = cause is None and isinstance(error, HydraException)
    if is_hydras and isinstance(context, OmegaConfBaseException):
        where = str(error).partition(":")[0]  # Hydra names the file that it composed
        return f"{where}: {_explain_value(context, str(context.full_key))}"
    if isinstance(cause, OmegaConfBaseException) and cause.full_key is not None:
        return _explain_key(error, cause, cause.full_key)
    text = str(error).strip() or type(error).__name__
    more = str(cause).strip() if cause is not None else ""
    return text if more in text else f"{text}\n{more}"


def _explain_key(error: BaseException, cause: OmegaConfBaseException, key: str) -> str:
    part = cause.object_type
    where, _, name = key.rpartition(".")
    is_class = isinstance(part, type) and part is not dict
    hints = type_hints(part) if is_class else _sweeper_fields(where)
    if isinstance(cause, ConfigKeyError | ConfigAttributeError):
        has = f"; {where or 'a run'} has {_listed(name, hints)}" if hints else ""
        return f"{key}: there is no such field{has}"
    if name in hints and error is not cause:
        # Hydra's own message ends in the override as written.
        value = str(error).rpartition("=")[2] or "nothing"
        return f"{key} must be {describe(hints[name])}, got {value}"
    return f"{key}: {str(cause).splitlines()[0]}"


def _explain_value(cause: OmegaConfBaseException, key: str) -> str:
    """Return the message about a wrong value in a YAML file.

    The message has the type that the field must have, or else OmegaConf's text.

    Args:
        cause: OmegaConf's error.
        key: The field's dotted name.
    """
    part, name = cause.object_type, key.rpartition(".")[2]
    hints = type_hints(part) if isinstance(part, type) and part is not dict else {}
    value = getattr(cause, "value", None)
    if name in hints and value is not None:
        return f"{key} must be {describe(hints[name])}, got {value}"
    return f"{key}: {str(cause).strip().splitlines()[0]}"


def _sweeper_fields(where: str) -> dict[str, Any]:
    """Return the type of each field of ``hydra.sweeper`` or of a part of it, by name.

    The result is empty if ``where`` is not the dotted name of such a part.
    """
    parts = where.split(".")
    if parts[:2] != ["hydra", "sweeper"]:
        return {}
    fields = type_hints(SweeperConfig)
    for part in parts[2:]:
        inner = fields.get(part)
        fields = type_hints(inner) if is_dataclass(inner) and isinstance(inner, type) else {}
    return fields


def _listed(written: str, options: Iterable[str]) -> str:
    """Return the names in ``options`` as text, with the name that ``written`` was likely to be."""
    names = list(options)
    likely = difflib.get_close_matches(written, names, n=1)
    hint = f" (did you mean {likely[0]}?)" if likely else ""
    return ", ".join(names) + hint
