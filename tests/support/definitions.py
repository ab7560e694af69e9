"""Parts of a sweep's definition, and copies of a definition with some of them changed."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig
from ffnn_lab.definition import Definition, write_definition
from ffnn_lab.definition.stored import from_json

OBJECTIVE = ObjectiveConfig(split="dev", metric="error", moment="last", n_last=1, aggregate="mean")
PROTOCOL = ProtocolConfig(name="tpe", n_settings=4, seed=0, max_points=7)
OF_THE_PROTOCOL = ("n_settings", "seed", "max_points")


def changed(definition: Definition, **changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Copy a definition with some fields changed.

    ``protocol`` may be a name alone; fields of the protocol are given as if they were the
    definition's own.
    """
    protocol = changes.pop("protocol", definition.protocol)
    if isinstance(protocol, str):
        protocol = dataclasses.replace(definition.protocol, name=protocol)
    own = {name: changes.pop(name) for name in OF_THE_PROTOCOL if name in changes}
    protocol = dataclasses.replace(protocol, **own)
    return dataclasses.replace(definition, protocol=protocol, **changes)


def write_stored(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write a definition from JSON, in which what a report does not read may be missing."""
    protocol = {"seed": 0, "n_parallel": 1, "max_points": 7, **contents["protocol"]}
    rest = {"pruner": {"name": "none"}, "population_size": 8}
    write_definition(folder, from_json({**rest, **contents, "protocol": protocol}))
