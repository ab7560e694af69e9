"""Registration with Hydra: schemas for each YAML, and options from outside, which have no YAML.

The schemas are in the group ``hydra/schema``, so that users do not see them among the choices.
"""

import dataclasses
import inspect
from typing import Any

from hydra.core.config_store import ConfigStore

from ffnn_lab.config import GROUPS, KINDS, ConfigError, RunConfig
from ffnn_lab.config.fields import type_hints
from ffnn_lab.config.run import LOCATIONS
from ffnn_lab.registry import source_of


def register() -> None:
    """Store every schema under the name that the YAML in ``conf/`` asks for.

    An option from outside the package is stored as a choice of its group, with the default values
    of its config class.

    Hydra copies its loader, and with the loader this store, whenever it composes a config or lists
    a group; ``--help`` lists groups 200 times. Hydra copies a config again when it loads one from
    the store, so from here on all loaders share the one store.

    Raises:
        ConfigError: If the config class of an option from outside does not suit its group.
    """
    ConfigStore.__deepcopy__ = lambda self, _memo: self  # type: ignore[attr-defined]
    store = ConfigStore.instance()
    store.store(name="run_schema", node=RunConfig)
    for group, options in GROUPS.items():
        for option, part in options.items():
            store.store(group=f"hydra/schema/{group}", name=option, node=part)
            if group in KINDS and (source := source_of(KINDS[group], option)):
                where = f"{source.path}: {part.__name__}"
                base = type_hints(RunConfig)[group]
                if not issubclass(part, base):
                    msg = f"{where} must be a subclass of {base.__name__}"
                    raise ConfigError(msg)
                _check_location(group, part, where)
                node = _with_defaults(option, part, where)
                store.store(group=group, name=option, node=node)


def _check_location(group: str, part: type, where: str) -> None:
    """Check that a config whose field names a file also has a field for the file's checksum.

    Args:
        group: The group of the option.
        part: The config class of the option.
        where: The file and the class, for messages.

    Raises:
        ConfigError: If the class has the field that `LOCATIONS` names, and no field ``sha256``.
    """
    field, fields = LOCATIONS.get(group), {each.name for each in dataclasses.fields(part)}
    if field in fields and "sha256" not in fields:
        msg = (
            f"{where}.{field} names a place, which does not enter a run's id; so the class needs "
            "a field sha256: str | None = None, and the option a function settle that returns its "
            "value"
        )
        raise ConfigError(msg)


def _with_defaults(option: str, part: type, where: str) -> Any:  # noqa: ANN401 - a config class's
    """Return the config of an option from outside, in which all fields have their defaults.

    Args:
        option: The name of the option.
        part: The config class of the option.
        where: The file and the class, for messages.

    Raises:
        ConfigError: If a field has no default, or the class is not decorated as a dataclass.
    """
    if inspect.get_annotations(part) and "__dataclass_fields__" not in vars(part):
        msg = f"{where} must be decorated with @dataclass(kw_only=True)"
        raise ConfigError(msg)
    lacking = [
        field.name
        for field in dataclasses.fields(part)
        if field.name != "name"
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if lacking:
        msg = f"{where}.{lacking[0]} must have a default, since the option has no YAML"
        raise ConfigError(msg)
    return part(name=option)
