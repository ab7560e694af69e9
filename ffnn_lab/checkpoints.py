"""Checkpoints: what members in training are, on disk between two epochs.

A file holds plain tensors and JSON, so that reading one runs no code.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ffnn_lab.config import from_leaves, leaves
from ffnn_lab.population import Member, Snapshot
from ffnn_lab.records import CurvePoint
from ffnn_lab.schedules import ScheduleState


def save_checkpoint(path: Path, snapshots: Sequence[Snapshot]) -> None:
    """Write members whole or not at all, in place of what ``path`` held."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = {
        snapshot.member.run_id: {
            "member": json.dumps(_to_json(snapshot.member)),
            "params": snapshot.params,
            "state": snapshot.state,
        }
        for snapshot in snapshots
    }
    beside = path.with_name(f".{path.name}")
    torch.save(contents, beside)
    beside.replace(path)


def load_checkpoint(path: Path) -> dict[str, Snapshot]:
    """Read members by run id; none if the file is gone or cannot be read.

    A checkpoint saves time and decides nothing: without it a run starts again and comes to the
    same numbers.
    """
    try:
        contents = torch.load(path, map_location="cpu", weights_only=True)
        return {
            run_id: Snapshot(_from_json(json.loads(kept["member"])), kept["params"], kept["state"])
            for run_id, kept in contents.items()
        }
    except Exception:  # noqa: BLE001 - torch raises many kinds for a damaged file
        return {}


def _to_json(member: Member) -> dict[str, Any]:
    contents = asdict(member)
    contents["config"] = leaves(member.config)
    return contents


def _from_json(contents: dict[str, Any]) -> Member:
    contents["config"] = from_leaves(contents["config"])
    contents["schedule"] = ScheduleState(**contents["schedule"])
    contents["curve"] = [CurvePoint(**point) for point in contents["curve"]]
    return Member(**contents)
