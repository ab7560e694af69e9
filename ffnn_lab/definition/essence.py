"""The part of a definition that affects results, which must be the same when a sweep resumes."""

import difflib
import json
from collections.abc import Iterator
from typing import Any

from ffnn_lab.config import digest, identity
from ffnn_lab.config.fields import without_neutral
from ffnn_lab.config.sweep import STORED_OPTIONS
from ffnn_lab.definition.definition import Definition
from ffnn_lab.definition.stored import to_json


def essence(definition: Definition) -> dict[str, Any]:
    """Return the part of a definition that affects results, as JSON.

    A field that was added after definitions were first written is left out at its neutral value.
    """
    contents = to_json(definition)
    moving = {
        key: without_neutral(contents[key], part) for key, part in STORED_OPTIONS.items()
    } | {stage: contents[stage] for stage in ("tune", "confirm")}
    names = ("replicates", "splits", "until", "baseline", "contrasts")
    declared = {key: contents[key] for key in names if key in contents}
    if not definition.is_batched:
        del moving["protocol"]["n_parallel"]
    moving["arms"] = {
        arm.name: {
            "space": contents["arms"][arm.name]["space"],
            "config": identity(arm.config),
            **({"condition": dict(arm.condition)} if arm.condition else {}),
        }
        for arm in definition.arms
    }
    return moving | declared


def short_hash(definition: Definition) -> str:
    """Return six digits of the hash of a definition's essence, for names of folders."""
    contents = essence(definition)
    if not definition.way.is_sampled:  # names of sweeps that are pruned only never depended on it
        contents["protocol"].pop("n_parallel", None)
    return digest(contents)[:6]


def differences(stored: Definition, asked: Definition) -> list[str]:
    """List the lines in which two essences differ: ``-`` for ``stored``, ``+`` for ``asked``."""
    before, after = (list(_lines(essence(each))) for each in (stored, asked))
    return [line for line in difflib.ndiff(before, after) if line[0] in "-+"]


def _lines(contents: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(contents, dict) and contents and "kind" not in contents:
        separator = "." if prefix else ""
        for key, value in contents.items():
            yield from _lines(value, f"{prefix}{separator}{key}")
    else:
        yield f"{prefix}: {json.dumps(contents)}"
