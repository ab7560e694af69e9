"""The files outside the package on which a run depends: those that define its options."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ffnn_lab import registry
from ffnn_lab.config.fields import ConfigError, walk_leaves
from ffnn_lab.config.run import KINDS, RunConfig
from ffnn_lab.registry import Source

Axes = Mapping[str, Iterable[Any]]
"""Maps the dotted name of each field that a sweep varies to the values that the sweep may put in
place of a run's own."""


def options_from_outside(
    config: RunConfig, axes: Axes | None = None
) -> dict[tuple[str, str], Source]:
    """Return the options of a run that files outside the package define.

    Args:
        config: The run.
        axes: Values of fields that a sweep may put in place of the run's own.

    Returns:
        The file that defines each such option, by the option's kind and name.
    """
    if not registry.from_outside():
        return {}
    named = {*_options_of(config), *_options_on(axes or {}, config)}
    sources = {each: registry.source_of(*each) for each in sorted(named)}
    return {each: source for each, source in sources.items() if source is not None}


def settle_sources(config: RunConfig, axes: Axes | None = None) -> RunConfig:
    """Return a run's config in which ``sources`` has the checksums of the files of its options.

    Only options from outside the package have such files.

    Args:
        config: The run.
        axes: Values of fields that a sweep may put in place of the run's own.

    Raises:
        ConfigError: If ``config.sources`` has another checksum than the file has now.
    """
    found: dict[str, str] = {}
    for (kind, name), source in options_from_outside(config, axes).items():
        key = f"{kind}.{name}"
        if config.sources.get(key, source.sha256) != source.sha256:
            msg = (
                f"{kind}={name}: {source.path} is not the file that the run was defined with: its "
                f"sha256 is {source.sha256}, and the run has sources.{key}={config.sources[key]}; "
                "put the earlier file there"
            )
            raise ConfigError(msg)
        found[key] = source.sha256
    return config if found == config.sources else dataclasses.replace(config, sources=found)


def _options_of(config: RunConfig) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each option that a run's config chooses."""
    for key, value, metadata in walk_leaves(config):
        group, _, field = key.partition(".")
        if field == "name" and group in KINDS:
            yield KINDS[group], value
        elif "kind" in metadata:
            yield from _named(metadata, value)


def _options_on(axes: Axes, config: RunConfig) -> Iterator[tuple[str, str]]:
    declared = {key: metadata for key, _, metadata in walk_leaves(config)}
    for key, values in axes.items():
        metadata = declared.get(key, {})
        if "kind" in metadata:
            for value in values:
                yield from _named(metadata, value)


def _named(metadata: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a leaf's
    """Yield kind and name of each option that a field names: one, several in a list, or none.

    Args:
        metadata: The metadata of the field, see `option_of`.
        value: The field's value.
    """
    for each in value if isinstance(value, list | tuple) else [value]:
        if each is not None and each not in metadata["more"]:
            yield metadata["kind"], each
