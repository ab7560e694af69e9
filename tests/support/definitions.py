"""Parts of a sweep's definition, and copies of a definition with some of them changed."""

import dataclasses
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ffnn_lab.config import leaves
from ffnn_lab.config.sweep import ObjectiveConfig, ProtocolConfig
from ffnn_lab.definition import Arm, Definition, write_definition
from ffnn_lab.definition.stored import from_json
from tests.catalog import OPTIMIZERS
from tests.support.builders import make_run

OBJECTIVE = ObjectiveConfig(split="dev", metric="error", moment="last", n_last=1, aggregate="mean")
PROTOCOL = ProtocolConfig(name="tpe", n_settings=4, seed=0, max_points=7, n_parallel=2)
OF_THE_PROTOCOL = ("n_settings", "seed", "max_points", "n_parallel")


def changed(definition: Definition, **changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Copy a definition with some fields changed.

    ``protocol`` may be a name alone. Fields of the protocol, such as ``n_settings``, are passed as
    if they were fields of the definition.
    """
    protocol = changes.pop("protocol", definition.protocol)
    if isinstance(protocol, str):
        protocol = dataclasses.replace(definition.protocol, name=protocol)
    own = {name: changes.pop(name) for name in OF_THE_PROTOCOL if name in changes}
    protocol = dataclasses.replace(protocol, **own)
    return dataclasses.replace(definition, protocol=protocol, **changes)


def parts(arm: str) -> tuple[str, str]:
    """Split a name like ``adam_coupled`` into optimizer and variant; the first may be empty."""
    named = [each for each in OPTIMIZERS if arm == each or arm.startswith(f"{each}_")]
    optimizer = max(named, key=len, default="")
    return optimizer, arm[len(optimizer) + 1 :] if optimizer else arm


def named_leaves(arm: str) -> dict[str, Any]:
    """Build the config of an arm that is named OPTIMIZER or OPTIMIZER_VARIANT.

    Arms of one variant differ in their optimizer alone. Any other name has no config.
    """
    optimizer, variant = parts(arm)
    if not optimizer:
        return {}
    rate = zlib.crc32(variant.encode()) / 2**33 if variant else 0.0
    return leaves(make_run({"dropout.input": rate}, optimizer=OPTIMIZERS[optimizer].config))


def define_arms(*names: str, **changes: Any) -> Definition:  # noqa: ANN401 - any field
    """Define a sweep of arms without axes, whose configs follow from their names."""
    definition = Definition(
        name="named",
        command="python -m ffnn_lab.run -m sweeps=named",
        arms=tuple(Arm(name, (), {}, named_leaves(name)) for name in names),
        protocol=PROTOCOL,
        objective=OBJECTIVE,
        tune_seeds=(0,),
        confirm_seeds=(1000,),
        pruner=None,
        population_size=8,
    )
    return changed(definition, **changes)


def write_stored(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write a definition from its JSON, which may lack the parts that no report reads.

    An arm without a config gets the config that its name stands for (`named_leaves`).
    """
    arms = {name: {"config": named_leaves(name), **arm} for name, arm in contents["arms"].items()}
    protocol = {"seed": 0, "n_parallel": 1, "max_points": 7, **contents["protocol"]}
    rest = {"pruner": {"name": "none"}, "population_size": 8}
    write_definition(folder, from_json({**rest, **contents, "arms": arms, "protocol": protocol}))
