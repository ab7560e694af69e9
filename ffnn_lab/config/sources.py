"""The files outside the package on which a run depends: those that define its options."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ffnn_lab import registry
from ffnn_lab.config.fields import ConfigError, walk_leaves
from ffnn_lab.config.run import KINDS, RunConfig
from ffnn_lab.registry import Source

Axes = Mapping[str, Iterable[Any]]
"""Values of fields that a sweep may put in place of a run's own, by dotted name."""


def options_from_outside(
    config: RunConfig, axes: Axes | None = None
) -> dict[tuple[str, str], Source]:
    """Return the options of a run that come from outside, by kind and name, with their files."""
    if not registry.from_outside():
        return {}
    named = {*_options_of(config), *_options_on(axes or {}, config)}
    sources = {each: registry.source_of(*each) for each in sorted(named)}
    return {each: source for each, source in sources.items() if source is not None}


def settle_sources(config: RunConfig, axes: Axes | None = None) -> RunConfig:
    """Return a run with the checksum of the file of each of its options from outside.

    Args:
        config: The run.
        axes: Values of fields that a sweep may put in place of the run's own.

    Raises:
        ConfigError: If the run was defined with another file than the one that is there.
    """
    found: dict[str, str] = {}
    for (kind, name), source in options_from_outside(config, axes).items():
        key = f"{kind}.{name}"
        if config.sources.get(key, source.sha256) != source.sha256:
            msg = (
                f"{kind}={name}: {source.path} is another file than the run was defined with: "
                f"sources.{key}={config.sources[key]}, and its own is {source.sha256}; put the "
                "earlier file there"
            )
            raise ConfigError(msg)
        found[key] = source.sha256
    return config if found == config.sources else dataclasses.replace(config, sources=found)


def _options_of(config: RunConfig) -> Iterator[tuple[str, str]]:
    """Yield kind and name of the options of a run."""
    for key, value, metadata in walk_leaves(config):
        group, _, field = key.partition(".")
        if field == "name" and group in KINDS:
            yield KINDS[group], value
        elif "kind" in metadata and value not in metadata["more"]:
            yield metadata["kind"], value


def _options_on(axes: Axes, config: RunConfig) -> Iterator[tuple[str, str]]:
    declared = {key: metadata for key, _, metadata in walk_leaves(config)}
    for key, values in axes.items():
        metadata = declared.get(key, {})
        if "kind" in metadata:
            yield from (
                (metadata["kind"], each) for each in values if each not in metadata["more"]
            )
