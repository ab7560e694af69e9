"""Checkpoints: the complete state of members in training, on disk between two epochs.

A checkpoint is a file of plain tensors and JSON, so that reading it runs no code. The file begins
with a digest of the rest, so that a damaged file is not taken for another state.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ffnn_lab.config import from_leaves, leaves
from ffnn_lab.files import write_whole
from ffnn_lab.population import Member, Snapshot
from ffnn_lab.records import Correct, CurvePoint, Direction, LayerPoint
from ffnn_lab.schedules import ScheduleState

_N_DIGEST = hashlib.sha256().digest_size


def save_checkpoint(path: Path, snapshots: Sequence[Snapshot]) -> None:
    """Write the snapshots of members to ``path``, replacing the file whole or not at all."""
    contents = {
        snapshot.member.run_id: {
            "member": json.dumps(_to_json(snapshot.member)),
            "params": snapshot.params,
            "state": snapshot.state,
            "buffers": dict(snapshot.buffers),
        }
        for snapshot in snapshots
    }
    # In memory first: a disk that is full then raises an OSError, and not one of torch's own.
    buffer = io.BytesIO()
    torch.save(contents, buffer)
    write_whole(path, hashlib.sha256(buffer.getbuffer()).digest(), buffer.getbuffer())


def load_checkpoint(path: Path) -> dict[str, Snapshot]:
    """Read the snapshots of members by run id; none if the file is missing or cannot be read.

    A checkpoint only saves time: without it a run starts again and comes to the same numbers.
    """
    try:
        with path.open("rb") as file:
            digest, stored = file.read(_N_DIGEST), file.read()
        if hashlib.sha256(stored).digest() != digest:
            return {}
        contents = torch.load(io.BytesIO(stored), map_location="cpu", weights_only=True)
        return {
            run_id: Snapshot(
                _from_json(json.loads(kept["member"])),
                kept["params"],
                kept["state"],
                kept.get("buffers", {}),  # which checkpoints of earlier versions lack
            )
            for run_id, kept in contents.items()
        }
    except Exception:  # noqa: BLE001 - torch raises many kinds for a damaged file
        return {}


def _to_json(member: Member) -> dict[str, Any]:
    contents = asdict(member)
    contents["config"] = leaves(member.config)
    if member.correct is not None:
        contents["correct"]["bits"] = member.correct.bits.hex()
    return contents


def _from_json(contents: dict[str, Any]) -> Member:
    contents["config"] = from_leaves(contents["config"])
    contents["schedule"] = ScheduleState(**contents["schedule"])
    contents["curve"] = [CurvePoint(**point) for point in contents["curve"]]
    contents["directions"] = [Direction(**point) for point in contents["directions"]]
    contents["layers"] = [LayerPoint(**point) for point in contents.get("layers", [])]
    correct = contents.get("correct")  # which checkpoints of earlier versions lack
    if correct is not None:
        contents["correct"] = Correct(**{**correct, "bits": bytes.fromhex(correct["bits"])})
    return Member(**contents)
