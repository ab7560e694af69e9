"""Compose configs of runs by Hydra from choices of config groups; each distinct choice once."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, get_origin

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ffnn_lab.config import ConfigError, RunConfig, with_values
from ffnn_lab.config.fields import describe, type_hints
from ffnn_lab.config.run import OPEN_IN_RUN
from ffnn_lab.sweeper.grammar import Assignment

_REFERENCE = re.compile(
    r"\$\{\s*(?:oc\.(?:select|dict\.keys|dict\.values):\s*)?([A-Za-z_.][\w.-]*)\s*(?=[},])"
)
"""Matches the field name in ``${name}``, or the argument of a resolver: ``${oc.select:name}``."""


@dataclass(frozen=True)
class Composed:
    """A run's config, and the fields that were written as interpolations of other fields."""

    config: RunConfig
    references: Mapping[str, Sequence[str]]
    """Maps the dotted name of a field to the field names that its interpolations refer to."""

    def refer_to(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """List the fields that refer to one of ``keys``, or to a section of the config around it.

        Returns:
            (field, reference) pairs of dotted names.
        """
        return [
            (key, reference)
            for key, names in self.references.items()
            for reference in names
            if any(f"{each}.".startswith(f"{reference}.") for each in keys)
        ]


class Composer:
    """Composes configs of runs from choices of config groups, each distinct choice only once."""

    def __init__(self, loader: ConfigLoader, master: DictConfig, sweep: str | None) -> None:
        """Keep the arguments; nothing is composed yet.

        Args:
            loader: Hydra's config loader.
            master: The config that Hydra composed for the command.
            sweep: Name of the sweep's YAML in ``sweeps/``; None for an ad hoc sweep.
        """
        self._loader = loader
        self._master = master
        self._sweep = sweep

    @functools.cache  # noqa: B019 - lives as long as one definition is being made
    def is_group(self, key: str) -> bool:
        """Return True if ``key`` is the name of a config group, which is a folder of ``conf/``."""
        return "." not in key and bool(self._loader.get_group_options(key))

    def with_sweep(self, groups: Mapping[str, str], fixed: tuple[str, ...] = ()) -> "Composed":
        """Compose the config of a run from config groups, the sweep's YAML, and overrides.

        Where several of them set a field, the last one in this order wins.

        Args:
            groups: The chosen option of each group.
            fixed: Overrides of single fields, as text.
        """
        sweep = [] if self._sweep is None else [f"sweeps={self._sweep}"]
        return self._compose((*sorted_texts(groups), *sweep, *fixed))

    def plain(self, groups: Mapping[str, str]) -> RunConfig:
        """Compose the config of a run from config groups alone, without the sweep's YAML."""
        return self._compose(sorted_texts(groups)).config

    def filled(
        self, groups: Mapping[str, str], fixed: Mapping[str, Assignment], swept: Iterable[str]
    ) -> RunConfig:
        """Compose the config of a run from config groups, the sweep's YAML, and fixed values.

        The config is that of a single run with the same overrides. Hydra composes again if a fixed
        value has an interpolation, or if the composed config refers to a fixed or a swept key.
        Otherwise the values are set on a cached config, which takes a thousandth of the time.

        Args:
            groups: The chosen option of each group.
            fixed: Assignments of one value each, by key.
            swept: Keys that have several values; no field may refer to them.

        Raises:
            ConfigError: If a value is of the wrong type or out of range, or refers to a swept key.
        """
        composed = self.with_sweep(groups)
        known = {*fixed, *swept}
        if not any("${" in a.text for a in fixed.values()) and not composed.refer_to(known):
            values = {key: as_composed(composed.config, key, a.value) for key, a in fixed.items()}
            return with_values(composed.config, values)
        texts = (
            f"++{a.text}" if a.key.startswith(OPEN_IN_RUN) else a.text for a in fixed.values()
        )
        whole = self.with_sweep(groups, tuple(texts))
        for key, reference in whole.refer_to(swept):
            msg = (
                f"{key} refers to {reference}, which has several values in this sweep: write its "
                "value in place of ${...}"
            )
            raise ConfigError(msg)
        return whole.config

    @functools.cache  # noqa: B019 - as above
    def _compose(self, overrides: tuple[str, ...]) -> "Composed":
        composed = self._loader.load_sweep_config(self._master, list(overrides))
        del_hydra = {k: v for k, v in composed.items_ex(resolve=False) if k != "hydra"}
        run = OmegaConf.merge(OmegaConf.structured(RunConfig), OmegaConf.create(del_hydra))
        config = OmegaConf.to_object(run)
        assert isinstance(config, RunConfig)  # noqa: S101 - the schema says so
        return Composed(config, references(OmegaConf.to_container(run)))


def references(contents: Any, prefix: str = "") -> dict[str, list[str]]:  # noqa: ANN401 - YAML
    """Map each field to the names that its unresolved interpolations refer to.

    Args:
        contents: A config as plain containers, its interpolations not resolved.
        prefix: The dotted name of ``contents``, with its final dot.
    """
    found: dict[str, list[str]] = {}
    for name, value in contents.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found |= references(value, f"{key}.")
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and "${" in text:
                names = _REFERENCE.findall(text.replace("[", ".").replace("]", ""))
                found[key] = [*found.get(key, []), *(_absolute(each, key) for each in names)]
    return found


def _absolute(name: str, key: str) -> str:
    """Return the dotted name that an interpolation in the field ``key`` means by ``name``.

    One leading dot stands for the section that has the field, each further dot for the section
    above.
    """
    n_dots = len(name) - len(name.lstrip("."))
    if not n_dots:
        return name
    above = key.split(".")[:-n_dots]
    return ".".join((*above, *filter(None, (name[n_dots:],))))


def as_composed(config: RunConfig, key: str, value: Any) -> Any:  # noqa: ANN401 - what was written
    """Convert a value to its field's type, as OmegaConf does where Hydra composes a single run.

    Args:
        config: A config that has the field.
        key: Dotted name of the field.
        value: The value as it was written.

    Raises:
        ConfigError: If the value does not fit its field.
    """
    part, name = owner(config, key), key.rpartition(".")[2]
    hint = type_hints(type(part)).get(name) if part is not None else None
    if hint is None or is_dataclass(hint):
        return value  # with_values knows best what is wrong with the name
    typed = OmegaConf.structured(type(part))
    try:
        OmegaConf.update(typed, name, value)
        converted = OmegaConf.to_container(typed)
    except OmegaConfBaseException:
        more = "; several values are written a,b, without brackets"
        several = more if isinstance(value, list) and get_origin(hint) is not list else ""
        msg = f"{key} must be {describe(hint)}, got {value}{several}"
        raise ConfigError(msg) from None
    assert isinstance(converted, dict)  # noqa: S101 - as a dataclass has it
    return converted[name]


def owner(config: RunConfig, key: str) -> Any:  # noqa: ANN401 - any dataclass of a config
    """Return the section of a config that has the field ``key``; None if there is none."""
    part: Any = config
    for name in key.split(".")[:-1]:
        part = getattr(part, name, None)
    return part


def sorted_texts(groups: Mapping[str, str]) -> tuple[str, ...]:
    """Return choices of config groups as overrides, such as ``optimizer=adam``, in order."""
    return tuple(f"{group}={choice}" for group, choice in sorted(groups.items()))
