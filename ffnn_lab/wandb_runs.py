"""Contents of W&B runs, from runs in training or recorded; the ledger of runs that W&B has."""

import hashlib
import itertools
import json
import os
import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ffnn_lab.config import ConfigError
from ffnn_lab.config.run import TrackingConfig
from ffnn_lab.mirror import LEDGER
from ffnn_lab.records import CurvePoint, LayerPoint

MAX_ID_BYTES = 128
"""Largest length of an id of a W&B run in bytes: W&B names a folder and files after the id, and
its server keeps 128."""
MAX_NAME = 128
"""Largest number of characters of a group, a display name or a project."""
MAX_TAG = 64
"""Largest number of characters of a tag."""
DIGEST_DIGITS = 8
"""Number of hexadecimal digits of the digest that keeps two shortened names apart."""
NOT_IN_IDS = frozenset(":;,#?/'\\%")
"""Characters that W&B refuses in an id, or that have another meaning in an address."""
NOT_IN_PROJECTS = frozenset("/\\#?%:")
"""Characters that W&B refuses in the name of a project."""

HAVE_SETTINGS = ("entity", "project", "tags", "notes")
"""Settings that W&B would read from variables like ``WANDB_ENTITY``, and that the lab reads from
``tracking``."""


@dataclass(frozen=True)
class Place:
    """The place of a sweep's W&B runs: project and entity, and the runs' group, tags and notes."""

    project: str
    entity: str | None
    group: str
    """The name of the sweep."""
    tags: tuple[str, ...] = ()
    notes: str | None = None

    @classmethod
    def of(cls, config: TrackingConfig, group: str) -> "Place":
        """Create the place from a run's settings under ``tracking`` and the name of the sweep."""
        return cls(config.project, config.entity, group, tuple(config.tags), config.notes)


def check_tracking(config: TrackingConfig) -> None:
    """Check, before anything is trained, that W&B will accept the settings under ``tracking``.

    Raises:
        ConfigError: If W&B would refuse a setting; the message names the setting, W&B's rule and
            what came.
    """
    if config.mode == "off":
        return
    project, entity = config.project, config.entity
    if not 1 <= len(project) <= MAX_NAME or set(project) & NOT_IN_PROJECTS:
        more = "; the team or user before a slash is tracking.entity" if "/" in project else ""
        msg = (
            f"tracking.project must have 1 to {MAX_NAME} characters and none of "
            f"{' '.join(sorted(NOT_IN_PROJECTS))} (W&B's rule), got {project!r}{more}"
        )
        raise ConfigError(msg)
    if entity is not None and (not entity.strip() or set(entity) & NOT_IN_PROJECTS):
        msg = (
            "tracking.entity must name a W&B team or user, or be null for your default; got "
            f"{entity!r}"
        )
        raise ConfigError(msg)
    for tag in config.tags:
        if not 1 <= len(tag) <= MAX_TAG:
            msg = (
                f"tracking.tags must have 1 to {MAX_TAG} characters each (W&B's rule), got "
                f"{len(tag)} in {tag!r}"
            )
            raise ConfigError(msg)


def unheeded(config: TrackingConfig, environment: Mapping[str, str]) -> list[str]:
    """Return a line about environment variables of W&B that are set but have no effect, if any."""
    found = [name for name in HAVE_SETTINGS if environment.get(f"WANDB_{name.upper()}")]
    if config.mode == "off" or not found:
        return []
    variables = ", ".join(f"WANDB_{name.upper()}" for name in found)
    settings = ", ".join(f"tracking.{name}" for name in found)
    return [f"environment variables that are ignored: {variables}; set {settings} instead"]


def wandb_id(group: str, run_id: str) -> str:
    """Return the id of a run's W&B run: the name of its sweep, followed by the run's own id.

    A name that W&B would refuse, or that is too long, is changed, and a digest of the original
    name is added, so that no two sweeps share ids.

    Args:
        group: The name of the sweep.
        run_id: The run's own id.
    """
    name = "".join("-" if each in NOT_IN_IDS or not each.isprintable() else each for each in group)
    most = MAX_ID_BYTES - len(run_id) - 1
    if name == group == group.strip() and len(group.encode()) <= most:
        return f"{group}-{run_id}"
    digits = _digest(group)
    name = name.strip().encode()[: most - len(digits) - 1].decode(errors="ignore")
    return f"{name}-{digits}-{run_id}".lstrip("-")


def fit(text: str, n_characters: int) -> str:
    """Shorten a text to ``n_characters``; a shortened text ends in a digest of the whole text."""
    if len(text) <= n_characters:
        return text
    digits = _digest(text)
    return f"{text[: n_characters - len(digits) - 1]}-{digits}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]


def opening(
    place: Place, run_id: str, label: tuple[str, str], leaves: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments with which a W&B run is opened.

    Args:
        place: The place of the W&B run.
        run_id: The run's own id.
        label: The run's stage and arm, which become job type and tag; empty texts if it has none.
        leaves: The values of the run's config, by dotted name.
    """
    stage, arm = label
    tags = [fit(tag, MAX_TAG) for tag in dict.fromkeys((arm, *place.tags)) if tag]
    name = arm or place.group
    return {
        "id": wandb_id(place.group, run_id),
        "name": f"{fit(name, MAX_NAME - len(run_id) - 1)}-{run_id}",
        "project": place.project,
        "entity": place.entity,
        "group": fit(place.group, MAX_NAME),
        "job_type": stage or None,
        "tags": tags,
        "notes": place.notes,
        "config": nested(leaves),
    }


def history(
    points: Sequence[CurvePoint], layers: Sequence[LayerPoint] = ()
) -> list[tuple[int, dict[str, float]]]:
    """Convert points of a curve to rows of W&B's history, each a step and values by name.

    The values are ``epoch``, ``lr``, ``<split>/loss`` and ``<split>/error`` of each split, the
    time of this call, and ``layer<number>/<statistic>`` of each layer at diagnosed epochs.

    Args:
        points: Points of a run's curve.
        layers: Diagnoses of the run, at these epochs or others.
    """
    rows = []
    by_epoch: dict[int, dict[str, float]] = {}
    for layer in layers:
        found = {f"layer{layer.layer}/{name}": value for name, value in layer.statistics.items()}
        by_epoch.setdefault(layer.epoch, {}).update(found)
    now = time.time()  # W&B would take the time of writing
    for (epoch, step), together in itertools.groupby(points, key=_moment):
        values: dict[str, float] = {"epoch": epoch, "_timestamp": now}
        for point in together:
            values["lr"] = point.lr
            values[f"{point.split}/loss"] = point.loss
            values[f"{point.split}/error"] = point.error
        values |= by_epoch.get(epoch, {})
        rows.append((step, values))
    return rows


def _moment(point: CurvePoint) -> tuple[int, int]:
    return point.epoch, point.step


def summary(status: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of a W&B run: the status, and the metrics by their column names."""
    return {"status": status, **metrics}


def exit_code(status: str) -> int:
    """Return the exit code of a W&B run for the status of its run: 0 if completed, else 1."""
    return 0 if status == "completed" else 1


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values by dotted name to nested dictionaries, in which form W&B shows configs."""
    whole: dict[str, Any] = {}
    for key, value in flat.items():
        *path, name = key.split(".")
        part = whole
        for step in path:
            part = part.setdefault(step, {})
        part[name] = value
    return whole


def receipt(place: Place, run_id: str, status: str, n_epochs: int) -> dict[str, Any]:
    """Return the ledger's entry for a run that W&B has.

    A run that is trained again with another outcome has another entry, so that it is sent again.

    Args:
        place: The place of the W&B run.
        run_id: The run's own id.
        status: The run's status.
        n_epochs: Number of epochs that the run was trained for.
    """
    return {
        "run_id": run_id,
        "status": status,
        "n_epochs": n_epochs,
        "project": place.project,
        "entity": place.entity,
    }


def read_ledger(folder: Path) -> list[dict[str, Any]]:
    """Read the ledger of a sweep's runs that W&B has; lines cut off by a crash are skipped.

    The lab has a ledger of its own, since W&B's mark (``.wandb.synced``) is also set if a server
    refused the rows, and a run that was sent directly has no such mark.

    Args:
        folder: The sweep's folder.

    Returns:
        The entry of each line, as `receipt` made it, with mode, id, folder and server.
    """
    try:
        text = (folder / "wandb" / LEDGER).read_text(errors="replace")
    except FileNotFoundError:
        return []
    lines = []
    for line in text.splitlines():
        try:
            contents = json.loads(line)
        except ValueError:
            continue
        if isinstance(contents, dict):
            lines.append(contents)
    return lines


def is_delivered(
    wanted: Mapping[str, Any],
    lines: Iterable[Mapping[str, Any]],
    *,
    mode: str,
    server: str,
    files: Path,
) -> bool:
    """Return True if W&B has a run with the recorded outcome.

    An offline run counts as long as its folder exists. A run that was sent needs no folder.

    Args:
        wanted: The run's `receipt`.
        lines: The ledger's entries with the run's id.
        mode: ``online`` if the run must have been sent; ``offline`` if it is enough that it was
            written to the disk.
        server: The address of the server to which the run must have been sent.
        files: The folder ``wandb/`` of the sweep.
    """
    for line in lines:
        if any(line.get(key) != value for key, value in wanted.items()):
            continue
        if line.get("mode") == "online" and line.get("server") == server:
            return True
        if mode == "offline" and line.get("mode") == "offline":
            folder = files / str(line.get("folder"))
            if (folder / f"run-{line.get('id')}.wandb").is_file():
                return True
    return False


def track_command(name: str, outputs: str) -> str:
    """Return the command that later delivers the runs that W&B lacks.

    Args:
        name: Name of the folder of a sweep or a single run.
        outputs: The folder of all sweeps.
    """
    is_usual = outputs == os.environ.get("FFNN_LAB_OUTPUTS", "outputs")
    where = [] if is_usual else ["--outputs", outputs]
    return shlex.join(["python", "-m", "ffnn_lab.track", name, *where])
